// One OTLP receiver (gRPC and HTTP) of metrics in a process of its own: two in one process would both report every request.
import { MockOtlpServer } from '@elastic/mockotlpserver';

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
  onMetrics: (request) => {
    process.send({ points: pointsOf(request) });
  },
});

function pointsOf({ resourceMetrics = [] }) {
  return resourceMetrics.flatMap(({ resource, scopeMetrics = [] }) =>
    scopeMetrics.flatMap(({ scope, metrics = [] }) =>
      metrics.flatMap((metric) => {
        const kind = ['sum', 'gauge', 'histogram', 'exponentialHistogram'].find((name) => metric[name]);
        const data = metric[kind];
        return data.dataPoints.map((point) => ({
          name: metric.name,
          unit: metric.unit ?? '',
          kind,
          ...(data.aggregationTemporality !== undefined && {
            temporality:
              String(data.aggregationTemporality).includes('DELTA') || data.aggregationTemporality === 1
                ? 'delta'
                : 'cumulative',
          }),
          ...(kind === 'sum' && { monotonic: data.isMonotonic ?? false }),
          attributes: attributesOf(point.attributes),
          start: number(point.startTimeUnixNano) / 1e9,
          time: number(point.timeUnixNano) / 1e9,
          ...(kind.endsWith('istogram')
            ? {
                count: number(point.count),
                sum: point.sum,
                bounds: point.explicitBounds ?? [],
                counts: (point.bucketCounts ?? []).map(number),
              }
            : { value: point.asDouble ?? number(point.asInt) }),
          scope: scope?.name,
          resource: attributesOf(resource?.attributes),
        }));
      }),
    ),
  );
}

function attributesOf(list = []) {
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));
}

function plain(value) {
  if (value.intValue !== undefined && value.intValue !== null) return number(value.intValue);
  if (value.arrayValue) return value.arrayValue.values.map(plain);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}

function number(value) {
  if (typeof value === 'object' && value !== null) return value.high * 2 ** 32 + (value.low >>> 0);
  return Number(value ?? 0);
}

await server.start();
process.on('disconnect', () => process.exit());
process.send({ grpcUrl: server.grpcUrl.origin, httpUrl: server.httpUrl.origin });
