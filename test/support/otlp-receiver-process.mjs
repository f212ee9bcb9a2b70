// One OTLP receiver (gRPC and HTTP) in a process of its own: two in one process would
// both report every request.
import { MockOtlpServer, normalizeTrace } from '@elastic/mockotlpserver';

const server = new MockOtlpServer({
  logLevel: 'fatal',
  services: ['grpc', 'http'],
  grpcHostname: '127.0.0.1',
  httpHostname: '127.0.0.1',
  grpcPort: 0,
  httpPort: 0,
  onRequest: ({ transport, path, metadata, headers }) => {
    process.send({
      request: { transport, path, headers: transport === 'grpc' ? metadata.getMap() : headers },
    });
  },
  onTrace: (request) => {
    process.send({ spans: spansOf(normalizeTrace(request)) });
  },
});

function spansOf({ resourceSpans }) {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        name: span.name,
        kind: String(span.kind).replace('SPAN_KIND_', ''),
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || undefined,
        attributes: span.attributes ?? {},
        status: String(span.status?.code ?? 'STATUS_CODE_UNSET').replace('STATUS_CODE_', ''),
        events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes })),
        links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
        traceState: span.traceState ?? '',
        scope: scope?.name,
        resource: resource?.attributes ?? {},
      })),
    ),
  );
}

await server.start();
process.on('disconnect', () => process.exit());
process.send({ grpcUrl: server.grpcUrl.origin, httpUrl: server.httpUrl.origin });
