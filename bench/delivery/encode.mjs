// What a span costs between its end and the socket, in ns: our encoder at the end of the span, and the
// official serialiser at export. Usage: npm run bench:delivery [-- directory of compiled modules]
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';

const dist = pathToFileURL(resolve(process.argv[2] ?? 'temp/unbundled') + '/');
const { BatchQueue } = await import(new URL('pipeline/queue/batch-queue.js', dist));
const { OtlpDelivery } = await import(new URL('pipeline/encoding/otlp-delivery.js', dist));
const { ExporterDelivery } = await import(new URL('pipeline/queue/exporter-delivery.js', dist));

const SPANS = 512;
const ROUNDS = 200;
const resource = resourceFromAttributes({ 'service.name': 'bench', 'service.instance.id': 'a-b-c' });
const scope = { name: 'nestjs-telemetry', version: '0.1.0' };

function makeSpans() {
  return Array.from({ length: SPANS }, (_, index) => {
    const context = {
      traceId: '0af7651916cd43dd8448eb211c803' + String(index).padStart(3, '0'),
      spanId: 'b7ad6b7169203' + String(index).padStart(3, '0'),
      traceFlags: 1,
    };
    return {
      name: 'GET /orders/:id',
      kind: SpanKind.SERVER,
      spanContext: () => context,
      startTime: [1_763_600_000, index * 1_000],
      endTime: [1_763_600_000, index * 1_000 + 2_000_000],
      duration: [0, 2_000_000],
      status: { code: 0 },
      attributes: {
        'http.request.method': 'GET',
        'url.path': `/orders/${index}`,
        'url.scheme': 'http',
        'server.address': 'localhost',
        'server.port': 3000,
        'client.address': '127.0.0.1',
        'network.protocol.version': '1.1',
        'user_agent.original': 'autocannon/9.0.0',
        'http.response.status_code': 200,
        'http.route': '/orders/:id',
      },
      links: [],
      events: [],
      ended: true,
      resource,
      instrumentationScope: scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  });
}

const nowhere = {
  target: 'nowhere',
  sendRequest: async () => ({ ok: true, latencyMillis: 0, rejected: 0, message: '' }),
  close() {},
};
const log = { log() {}, warn() {}, error() {} };
const options = { batch: {}, log, instance: 'bench' };

const spans = makeSpans();

async function throughQueue(delivery) {
  const queue = new BatchQueue(delivery, options);
  let acceptNanos = 0;
  let totalNanos = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.cpuUsage();
    const started = performance.now();
    for (const span of spans) queue.acceptSpan(span);
    acceptNanos += (performance.now() - started) * 1e6;
    await queue.forceFlush();
    const used = process.cpuUsage(begun);
    totalNanos += (used.user + used.system) * 1e3;
  }
  const { delivered } = queue.status();
  await queue.shutdown(100);
  return [acceptNanos / delivered, totalNanos / delivered];
}

function serialise(serializer) {
  const begun = process.cpuUsage();
  const started = performance.now();
  for (let round = 0; round < ROUNDS; round++) serializer.serializeRequest(spans);
  const used = process.cpuUsage(begun);
  return [
    ((performance.now() - started) * 1e6) / SPANS / ROUNDS,
    ((used.user + used.system) * 1e3) / SPANS / ROUNDS,
  ];
}

const rows = {
  'own protobuf, encoded at the span’s end': () =>
    throughQueue(new OtlpDelivery('otlp-grpc', { ...nowhere, encoding: 'protobuf' })),
  'own JSON, encoded at the span’s end': () =>
    throughQueue(new OtlpDelivery('otlp-http-json', { ...nowhere, encoding: 'json' })),
  'span objects, exporter that does nothing': () =>
    throughQueue(new ExporterDelivery({ export: (_, done) => done({ code: 0 }), shutdown: async () => {} })),
  'otlp-transformer protobuf, serialiser alone': () => serialise(ProtobufTraceSerializer),
  'otlp-transformer JSON, serialiser alone': () => serialise(JsonTraceSerializer),
};

console.log(
  `${process.version}, ${SPANS} spans of 10 attributes, ${ROUNDS} rounds, the best of 5; ns per span`,
);
for (const [name, run] of Object.entries(rows)) {
  let best = [Infinity, Infinity];
  for (let session = 0; session < 5; session++) {
    const [accept, total] = await run();
    best = [Math.min(best[0], accept), Math.min(best[1], total)];
  }
  console.log(
    `${name.padEnd(46)} accept ${best[0].toFixed(0).padStart(6)}   CPU in all ${best[1].toFixed(0).padStart(6)}`,
  );
}
