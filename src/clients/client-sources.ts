import type { ClientSource } from './client-source.js';
import { MONGODB } from './databases/mongodb-source.js';
import { MONGOOSE } from './databases/mongoose-source.js';
import { MYSQL2 } from './databases/mysql-source.js';
import { POSTGRES } from './databases/postgres-source.js';
import { IOREDIS, NODE_REDIS } from './databases/redis-sources.js';
import { SQLITE } from './databases/sqlite-source.js';
import { HTTP2 } from './http/http2-source.js';
import { NODE_HTTP } from './http/node-http-source.js';
import { UNDICI } from './http/undici-source.js';

/** All sources of client calls. */
export const CLIENT_SOURCES: readonly ClientSource[] = [
  UNDICI,
  NODE_HTTP,
  HTTP2,
  IOREDIS,
  NODE_REDIS,
  MYSQL2,
  POSTGRES,
  MONGODB,
  MONGOOSE,
  SQLITE,
];

/** Passes objects of the app to the sources that must find their classes. */
export function adoptClients(instances: Iterable<object>): void {
  for (const source of CLIENT_SOURCES) source.adopt?.(instances);
}
