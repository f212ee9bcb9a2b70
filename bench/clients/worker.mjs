// One variant in a process of its own: queries inside root spans; answers with the CPU time of one query.
import { createRequire } from 'node:module';
import { registerSdk } from '../span/sdk.mjs';
import { postgresStream, RedisConnector } from './in-process.mjs';

const { client, telemetry, seen, ...options } = JSON.parse(process.argv[2]);
const require = createRequire(import.meta.url);

const noTelemetry = { inRoot: (fn) => fn(), flush: async () => {} };

async function startLibrary({ receiverUrl, name }) {
  await import('reflect-metadata');
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { TelemetryModule, TracerManager } = await import('nestjs-telemetry');
  class AppModule {}
  Module({
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'shop' },
        exporter: { type: 'otlp-grpc', url: receiverUrl, headers: { 'x-variant': name } },
        metrics: false,
        ...(seen ? {} : { clients: false }),
      }),
    ],
  })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  const manager = app.get(TracerManager, { strict: false });
  return { inRoot: (fn) => manager.withSpan('root', fn), flush: () => manager.forceFlush() };
}

async function startSdk() {
  const sdk = registerSdk({ ratio: 1, ...options });
  if (!seen) return sdk;
  // Enabled before the client is loaded, as it wants to be.
  const { IORedisInstrumentation } = await import('@opentelemetry/instrumentation-ioredis');
  const { PgInstrumentation } = await import('@opentelemetry/instrumentation-pg');
  if (client === 'ioredis') new IORedisInstrumentation();
  else new PgInstrumentation();
  return sdk;
}

const { inRoot, flush } =
  telemetry === 'library'
    ? await startLibrary(options)
    : telemetry === 'sdk'
      ? await startSdk()
      : noTelemetry;

const clients = {
  ioredis: () => {
    const { Redis } = require('ioredis');
    const redis =
      options.serverUrl === undefined
        ? new Redis({ Connector: RedisConnector, enableReadyCheck: false, disableClientInfo: true })
        : new Redis(options.serverUrl);
    return { query: () => redis.get('key'), ready: () => redis.ping(), close: () => redis.disconnect() };
  },
  pg: () => {
    const { serverUrl } = options;
    const server =
      serverUrl === undefined
        ? { host: 'localhost', stream: postgresStream }
        : { connectionString: serverUrl };
    const pool = new (require('pg').Pool)({ ...server, max: 8 });
    const query = () => pool.query('SELECT $1::int AS id', [1]);
    return { query, ready: query, close: () => pool.end() };
  },
};
const { query, ready } = clients[client]();
await ready();

/** CPU time in nanoseconds per query, what the exporter needs included. */
async function measure({ queries, perRoot, roots }) {
  const before = process.cpuUsage();
  for (let done = 0; done < queries; done += perRoot * roots) {
    const work = async () => {
      for (let made = 0; made < perRoot; made++) await query();
    };
    await Promise.all(Array.from({ length: roots }, () => inRoot(work)));
  }
  await flush();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / queries;
}

process.on('message', async ({ id, ask }) => {
  try {
    process.send({ id, answer: await measure(ask) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());
