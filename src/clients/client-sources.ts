import type { ClientSource } from './client-source.js';
import { MYSQL2 } from './databases/mysql-source.js';
import { IOREDIS, NODE_REDIS } from './databases/redis-sources.js';
import { HTTP2 } from './http/http2-source.js';
import { NODE_HTTP } from './http/node-http-source.js';
import { UNDICI } from './http/undici-source.js';

/** Every way in which calls are noticed. */
export const CLIENT_SOURCES: readonly ClientSource[] = [
  UNDICI,
  NODE_HTTP,
  HTTP2,
  IOREDIS,
  NODE_REDIS,
  MYSQL2,
];
