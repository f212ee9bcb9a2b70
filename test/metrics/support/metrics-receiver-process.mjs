// One OTLP receiver (gRPC and HTTP) of metrics in a process of its own: two in one process would
// both report every request.
import { MockOtlpServer } from '@elastic/mockotlpserver';

const server = new MockOtlpServer({
  logLevel: 'fatal',
  services: ['grpc', 'http'],
  grpcHostname: '127.0.0.1',
  httpHostname: '127.0.0.1',
  grpcPort: 0,
  httpPort: 0,
  onRequest: ({ transport, path, metadata, headers }) => {
    tell({
      request: { transport, path, headers: transport === 'grpc' ? metadata.getMap() : headers },
    });
  },
  onMetrics: (request) => {
    tell({ points: pointsOf(request) });
  },
});

/** The test may have ended meanwhile. */
function tell(message) {
  if (process.connected) process.send(message, () => {});
}

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
            : { value: Object.hasOwn(point, 'asDouble') ? point.asDouble : number(point.asInt) }),
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

/** What was decoded over HTTP has the default of every field on its prototype. */
function plain(value) {
  if (Object.hasOwn(value, 'intValue')) return number(value.intValue);
  if (Object.hasOwn(value, 'arrayValue')) return value.arrayValue.values.map(plain);
  const kind = ['stringValue', 'boolValue', 'doubleValue'].find((name) => Object.hasOwn(value, name));
  return value[kind];
}

function number(value) {
  if (typeof value === 'object' && value !== null) return value.high * 2 ** 32 + (value.low >>> 0);
  return Number(value ?? 0);
}

await server.start();
process.on('disconnect', () => process.exit());
process.send({ grpcUrl: server.grpcUrl.origin, httpUrl: server.httpUrl.origin });
