import { readFileSync } from 'node:fs';
import type { OtlpExporterConfig, TlsConfig } from '../exporter-config.js';
import { fail, positiveMillis } from '../schema.js';
import { Secret } from '../secret.js';
import { credential, headerName } from '../text-checks.js';
import { missingPartner, parsePairs, type Variables } from './variables.js';

/** The specification's names of OTLP protocols, with the exporter type of each. */
const PROTOCOLS = { grpc: 'otlp-grpc', 'http/protobuf': 'otlp-http', 'http/json': 'otlp-http-json' } as const;
type Protocol = keyof typeof PROTOCOLS;

/** The signals that have their own variables. */
type Signal = 'TRACES' | 'METRICS';

/** Names of the OTLP exporter's settings. Each exists for all signals and for each signal alone. */
const OTLP_SETTINGS = [
  'ENDPOINT',
  'PROTOCOL',
  'HEADERS',
  'TIMEOUT',
  'COMPRESSION',
  'CERTIFICATE',
  'CLIENT_CERTIFICATE',
  'CLIENT_KEY',
  'INSECURE',
] as const;
type Setting = (typeof OTLP_SETTINGS)[number];

/** All variables of the OTLP exporter that apply to traces. */
export const OTLP_VARIABLES = OTLP_SETTINGS.flatMap((setting) => [
  forSignal('TRACES', setting),
  forAll(setting),
]);

function forSignal(signal: Signal, setting: Setting): string {
  return `OTEL_EXPORTER_OTLP_${signal}_${setting}`;
}

function forAll(setting: Setting): string {
  return `OTEL_EXPORTER_OTLP_${setting}`;
}

/**
 * Reads the standard variables of an OTLP exporter. Variables for the signal alone win; headers are merged.
 *
 * If no protocol is set, port 4317 or a missing address means gRPC; any other address means
 * `http/protobuf`, the specification's default.
 *
 * @param transport - the protocol family, if another variable has named it
 * @param signal - the signal of the exporter; default `TRACES`
 * @see {@link https://opentelemetry.io/docs/specs/otel/protocol/exporter/ | OTLP exporter configuration}
 */
export function otlpFromVariables(
  variables: Variables,
  transport?: 'grpc' | 'http',
  signal: Signal = 'TRACES',
): OtlpExporterConfig<string | Secret> {
  const specific = settingsOf(signal);
  const endpoint = readEndpoint(variables, signal);
  const named = specific('PROTOCOL', (name) => variables.choice(name, Object.keys(PROTOCOLS) as Protocol[]));
  const protocol = chooseProtocol(named, endpoint?.url, transport);
  warnOfPort(variables, protocol, endpoint);
  const url = endpoint && addressFor(protocol, endpoint, signal, variables.warn);
  const headers = readHeaders(variables, signal);
  const timeoutMillis = specific('TIMEOUT', (name) => variables.number(name, positiveMillis));
  const compression = specific('COMPRESSION', (name) => variables.choice(name, ['gzip', 'none'] as const));
  const tls = readTls(variables, specific);
  for (const name of [forSignal(signal, 'INSECURE'), forAll('INSECURE')]) {
    variables.ignore(name, "the address's scheme decides, http:// or https://.");
  }
  return {
    type: PROTOCOLS[protocol],
    ...(url === undefined ? {} : { url }),
    ...(headers === undefined ? {} : { headers }),
    ...(timeoutMillis === undefined ? {} : { timeoutMillis }),
    ...(compression === undefined ? {} : { compression }),
    ...(tls === undefined ? {} : { tls }),
  };
}

interface Endpoint {
  readonly url: string;
  /**
   * How the signal's path is added: `signal` keeps the address, `base` appends the path, `own` appends it
   * if the address has none.
   */
  readonly kind: 'signal' | 'base' | 'own';
}

function readEndpoint(variables: Variables, signal: Signal): Endpoint | undefined {
  const specific = variables.url(forSignal(signal, 'ENDPOINT'));
  if (specific !== undefined) {
    // The address applies to the other signals, too.
    variables.text(forAll('ENDPOINT'));
    return { url: specific, kind: 'signal' };
  }
  const base = variables.url(forAll('ENDPOINT'));
  if (base !== undefined) return { url: base, kind: 'base' };
  const own = variables.url('OTEL_EXPORTER_ENDPOINT');
  return own === undefined ? undefined : { url: own, kind: 'own' };
}

function chooseProtocol(
  named: Protocol | undefined,
  url: string | undefined,
  transport?: 'grpc' | 'http',
): Protocol {
  if (transport === 'grpc') return 'grpc';
  if (transport === 'http') return named === 'http/json' ? named : 'http/protobuf';
  return named ?? (url === undefined || new URL(url).port === '4317' ? 'grpc' : 'http/protobuf');
}

/**
 * Warns if the address has the other protocol's usual port. The combination can work, so it is not an
 * error.
 */
function warnOfPort(variables: Variables, protocol: Protocol, endpoint: Endpoint | undefined): void {
  const port = endpoint && new URL(endpoint.url).port;
  if (port === (protocol === 'grpc' ? '4318' : '4317')) {
    variables.warn(
      `The OTLP protocol is ${protocol}, and port ${port} is by convention for ` +
        `${protocol === 'grpc' ? 'HTTP' : 'gRPC'}. ` +
        'Change OTEL_EXPORTER_OTLP_PROTOCOL or the endpoint.',
    );
  }
}

function addressFor(
  protocol: Protocol,
  { url, kind }: Endpoint,
  signal: Signal,
  warn: (message: string) => void,
): string {
  const path = `/v1/${signal.toLowerCase()}`;
  const { origin, pathname, href } = new URL(url);
  // gRPC ignores paths, and one environment often configures HTTP exporters of other processes, too.
  if (protocol === 'grpc') return pathname === '/' ? url : origin;
  if (kind === 'signal') return href;
  if (kind === 'own') return url.replace(/\/v1\/traces$/, path);
  if (/\/v1\/traces\/?$/.test(pathname)) {
    warn(
      'OTEL_EXPORTER_OTLP_ENDPOINT is a base address: `/v1/traces` is added to it once more. Use ' +
        'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.',
    );
  }
  const base = new URL(url);
  base.pathname = `${pathname.replace(/\/$/, '')}${path}`;
  return base.href;
}

function readHeaders(variables: Variables, signal: Signal): Record<string, Secret> | undefined {
  const headers = {
    ...headersFromVariable(variables, forAll('HEADERS')),
    ...headersFromVariable(variables, forSignal(signal, 'HEADERS')),
  };
  return Object.keys(headers).length === 0 ? undefined : headers;
}

/**
 * Returns the headers of one variable by lower-case name, with percent-decoded values. A value that cannot
 * be decoded is used as it is.
 */
export function headersFromVariable(variables: Variables, name: string): Record<string, Secret> {
  const headers: Record<string, Secret> = {};
  const source = variables.source(name) ?? name;
  for (const member of variables.list(name)) {
    const { entries } = parsePairs(member);
    const [key, value] = entries[0] ?? splitPair(member);
    if (!headerName.accepts(key)) {
      fail({
        path: source,
        expected: 'a list such as `name1=value1,name2=value2`, values percent-encoded',
        got: member,
        // A text that is not a valid name may be a credential.
        secret: true,
        remedy: 'Write a comma inside a value as %2C.',
      });
    }
    credential.assert(value, `${source}.${key}`);
    headers[key.toLowerCase()] = new Secret(value);
  }
  return headers;
}

function splitPair(member: string): [string, string] {
  const at = member.indexOf('=');
  return at < 0 ? ['', ''] : [member.slice(0, at).trim(), member.slice(at + 1).trim()];
}

function readTls(variables: Variables, specific: SpecificSetting): TlsConfig<string | Secret> | undefined {
  const ca = specific('CERTIFICATE', (name) => readPem(variables, name));
  const cert = specific('CLIENT_CERTIFICATE', (name) => readPem(variables, name));
  const key = specific('CLIENT_KEY', (name) => readPem(variables, name));
  if (cert !== undefined && key === undefined)
    missingPartner(forAll('CLIENT_KEY'), forAll('CLIENT_CERTIFICATE'));
  if (cert === undefined && key !== undefined)
    missingPartner(forAll('CLIENT_CERTIFICATE'), forAll('CLIENT_KEY'));
  if (ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: new Secret(key) }),
  };
}

function readPem(variables: Variables, name: string): string | undefined {
  const path = variables.text(name);
  if (path === undefined) return undefined;
  const expected = 'the path of a readable PEM file';
  const source = variables.source(name) ?? name;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    fail({ path: source, expected, got: path, cause, remedy: 'Check the path and its permissions.' });
  }
  if (!text.includes('-----BEGIN '))
    fail({ path: source, expected, got: path, remedy: 'Convert the file to PEM.' });
  return text;
}

/** Reads the setting for one signal, else the setting for all signals. */
type SpecificSetting = <T>(setting: Setting, read: (name: string) => T | undefined) => T | undefined;

function settingsOf(signal: Signal): SpecificSetting {
  return (setting, read) => {
    const specific = read(forSignal(signal, setting));
    const all = read(forAll(setting));
    return specific ?? all;
  };
}
