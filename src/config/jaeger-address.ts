import { fail, join } from './schema.js';
import { withoutCredentials } from './text-checks.js';

/** Jaeger's ports that do not accept OTLP over gRPC, with the purpose of each. */
const OTHER_PORTS: Readonly<Record<string, string>> = {
  '4318': 'OTLP over HTTP',
  '14268': 'Thrift over HTTP',
  '14250': "Jaeger's own gRPC",
  '9411': 'Zipkin',
  '16686': "Jaeger's user interface",
  '5775': 'the agent that is gone',
  '5778': 'the agent that is gone',
  '6831': 'the agent that is gone',
  '6832': 'the agent that is gone',
};

/**
 * Refuses a Jaeger address that cannot accept OTLP over gRPC, and names the right one.
 *
 * @throws {@link TelemetryConfigError} `TELEMETRY_CONFIG_INVALID`
 */
export function checkJaegerAddress(exporter: object, path: string): void {
  const url: unknown = Reflect.get(exporter, 'url');
  if (Reflect.get(exporter, 'type') !== 'jaeger' || typeof url !== 'string' || !URL.canParse(url)) return;
  const { protocol, hostname, port, pathname } = new URL(url);
  const meaning = OTHER_PORTS[port];
  const isHttp = pathname !== '/' && pathname !== '';
  if (meaning === undefined && !isHttp) return;
  const grpc = `${protocol}//${hostname}:4317`;
  const overHttp =
    port === '4318' || pathname.endsWith('/v1/traces')
      ? ` Or send OTLP over HTTP: \`{ type: 'otlp-http', url: '${protocol}//${hostname}:4318/v1/traces' }\`.`
      : '';
  const why = meaning === undefined ? 'gRPC has no paths.' : `Port ${port} is for ${meaning}.`;
  fail({
    path: join(path, 'url'),
    expected: `the address of Jaeger's OTLP port for gRPC, such as \`${grpc}\``,
    got: withoutCredentials(url),
    remedy: `${why} Write \`${grpc}\`, or leave it out and pass \`host\`.${overHttp}`,
  });
}
