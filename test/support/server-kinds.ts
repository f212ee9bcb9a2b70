import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LOCALHOST_TLS } from './localhost-tls.js';

/** A server that apps of a test run on. */
export interface ServerKind {
  readonly name: string;
  readonly framework: 'express' | 'fastify';
  readonly http2: boolean;
  readonly scheme: 'http' | 'https';
  adapter(): ExpressAdapter | FastifyAdapter;
}

export const EXPRESS: ServerKind = {
  name: 'Express HTTP/1.1',
  framework: 'express',
  http2: false,
  scheme: 'http',
  adapter: () => new ExpressAdapter(),
};

export const FASTIFY: ServerKind = {
  name: 'Fastify HTTP/1.1',
  framework: 'fastify',
  http2: false,
  scheme: 'http',
  adapter: () => new FastifyAdapter(),
};

export const FASTIFY_HTTP2: ServerKind = {
  name: 'Fastify HTTP/2 TLS',
  framework: 'fastify',
  http2: true,
  scheme: 'https',
  adapter: () => new FastifyAdapter({ http2: true, https: LOCALHOST_TLS } as never),
};

export const FASTIFY_H2C: ServerKind = {
  name: 'Fastify h2c',
  framework: 'fastify',
  http2: true,
  scheme: 'http',
  adapter: () => new FastifyAdapter({ http2: true } as never),
};

/** Loop over these: `describe.each(ALL_SERVERS)('$name', (server) => …)`. */
export const ALL_SERVERS = [EXPRESS, FASTIFY, FASTIFY_HTTP2, FASTIFY_H2C] as const;
/** The same for what only HTTP/1.1 has: raw sockets, pipelining, absolute-form targets. */
export const HTTP1_SERVERS = [EXPRESS, FASTIFY] as const;
