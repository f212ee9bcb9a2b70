// An OTLP gRPC receiver that only acknowledges, and beside it a server that takes any HTTP request, for what has
// a protocol of its own. It counts spans per variant and remembers the attribute keys of a server span, so that
// the run can tell whether the rows did the same work; of other protocols it counts requests and bytes.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { fields } from '../protobuf.mjs';

const EMPTY = Buffer.alloc(0);
const identity = (bytes) => bytes;
const received = {};

const method = (path) => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});

const server = new Server({ 'grpc.max_receive_message_length': -1 });
server.addService(
  {
    Traces: method('/opentelemetry.proto.collector.trace.v1.TraceService/Export'),
    Metrics: method('/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'),
  },
  {
    Metrics: (_, done) => done(null, EMPTY),
    Traces: ({ request, metadata }, done) => {
      const [variant = 'unknown'] = metadata.get('x-variant');
      const count = (received[variant] ??= { spans: 0, attributes: undefined });
      for (const span of spansOf(request)) {
        count.spans++;
        count.attributes ??= attributesOfServerSpan(span);
      }
      done(null, EMPTY);
    },
  },
);

function* spansOf(request) {
  for (const resourceSpans of fields(request, 1)) {
    for (const scopeSpans of fields(resourceSpans, 2)) yield* fields(scopeSpans, 2);
  }
}

function attributesOfServerSpan(span) {
  const [kind] = fields(span, 6);
  if (kind !== 2) return undefined;
  return [...fields(span, 9)].map((attribute) => String([...fields(attribute, 1)][0])).sort();
}

const port = await new Promise((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  );
});

/** The first part of a path names the variant. */
const sink = createServer((request, response) => {
  const [, variant] = request.url.split('/');
  const count = (received[variant] ??= { spans: 0, attributes: undefined });
  count.requests = (count.requests ?? 0) + 1;
  request.on('data', (chunk) => (count.bytes = (count.bytes ?? 0) + chunk.length));
  request.on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
});
sink.listen(0, '127.0.0.1');
await once(sink, 'listening');

const answers = {
  port: () => port,
  ports: () => ({ grpc: port, http: sink.address().port }),
  received: () => received,
};
process.on('message', ({ id, ask }) => process.send({ id, answer: answers[ask]() }));
process.on('disconnect', () => process.exit());
