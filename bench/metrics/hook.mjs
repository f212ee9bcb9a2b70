// The metrics of requests alone, so that few instructions are not lost among the many of a framework: our
// own from a request's first moment to its last, and a plain server under the official instrumentation,
// with and without its metrics.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { prepareVariant } from './variants.mjs';

const { variant, requests } = JSON.parse(process.argv[2]);
const discard = {
  export: (_data, done) => done({ code: 0 }),
  forceFlush: async () => {},
  shutdown: async () => {},
};
const headers = { host: '127.0.0.1:3000', 'user-agent': 'nestjs-telemetry-bench', accept: '*/*' };

/** @type {Record<string, () => Promise<() => unknown>>} each makes a function that is one request */
const variants = {
  async nothing() {
    return () => 1;
  },
  async 'nestjs-telemetry'() {
    const { RequestMeasurement, MeterPipeline, resolveTracerConfig } = await internals();
    const pipeline = new MeterPipeline({
      instance: 'bench',
      log: console,
      metrics: { readers: discard },
      closeTimeoutMillis: 1000,
    });
    const config = resolveTracerConfig(
      { service: { name: 'orders' }, exporter: { type: 'none' } },
      {},
      { warn() {} },
    );
    await pipeline.follow({ config, exporterGiven: true });
    const request = { method: 'GET', httpVersion: '1.1', headers, socket: {} };
    const response = { statusCode: 200, writableEnded: true, headersSent: true };
    return () => {
      const measurement = new RequestMeasurement(request, response, performance.now(), pipeline.requestMeter);
      measurement.moveTo(pipeline.requestMeter);
      measurement.own();
      measurement.finish('/orders/:id', undefined, undefined);
    };
  },
  'instrumentation-http': () => plainServer('instrumentation-http'),
  'instrumentation-http-metrics': () => plainServer('instrumentation-http-metrics'),
};

/** Parts of the library that it does not export, built as they are shipped. */
async function internals() {
  const { build } = await import('rolldown');
  const { default: config } = await import('../../rolldown.config.js');
  const root = join(import.meta.dirname, '..', '..');
  const dir = join(root, 'temp', 'bench-internals');
  const input = {
    measurement: join(root, 'src/http/request-measurement.ts'),
    meters: join(root, 'src/metrics/meter-pipeline.ts'),
    config: join(root, 'src/config/resolve-config.ts'),
  };
  await build({
    ...config,
    cwd: root,
    input,
    plugins: config.plugins.slice(0, 2),
    output: { ...config.output, dir },
  });
  const parts = await Promise.all(Object.keys(input).map((name) => import(join(dir, `${name}.js`))));
  return Object.assign({}, ...parts);
}

class Connection extends Duplex {
  remoteAddress = '127.0.0.1';
  _read() {}
  _write(_chunk, _encoding, done) {
    done();
  }
}

async function plainServer(name) {
  await prepareVariant(name);
  const http = createRequire(import.meta.url)('http');
  const server = http.createServer((_request, response) => response.end('ok'));
  return () =>
    new Promise((resolve) => {
      const socket = new Connection();
      const incoming = new http.IncomingMessage(socket);
      Object.assign(incoming, { method: 'GET', url: '/orders/42', httpVersion: '1.1', headers });
      incoming.push(null);
      const response = new http.ServerResponse(incoming);
      response.assignSocket(socket);
      response.on('finish', () => {
        response.detachSocket(socket);
        response.emit('close');
        resolve();
      });
      server.emit('request', incoming, response);
    });
}

const request = await variants[variant]();
const run = async (count) => {
  for (let index = 0; index < count; index++) await request();
};
await run(requests / 4);
const before = process.cpuUsage();
await run(requests);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / requests);
process.exit();
