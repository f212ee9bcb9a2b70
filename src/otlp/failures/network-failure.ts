import { OTLP_TRACES, type Destination } from './destination.js';
import type { ExportFailure } from './export-failure.js';

type Explanation = readonly [reason: string, hint: string | ((option: Destination['option']) => string)];

const WRONG_TLS: Explanation = [
  'the two sides disagree about TLS',
  'Use `http://` for a plaintext port and `https://` for a TLS port.',
];
const UNTRUSTED: Explanation = [
  "the receiver's certificate is not trusted",
  (option) => `Pass the certificate authority in \`${option}.tls.ca\`.`,
];
const CLIENT_CERTIFICATE: Explanation = [
  'the receiver did not accept the client certificate',
  (option) => `Check \`${option}.tls.cert\` and \`${option}.tls.key\`.`,
];
const DROPPED: Explanation = [
  'the connection was closed',
  'The receiver may be restarting; if it goes on, check whether the port wants `https://` or another ' +
    'protocol.',
];
const UNREACHABLE: Explanation = [
  'the network has no way to it',
  'Check the address and the network policy.',
];
const WHICH_PORT = 'Port 4317 is usually gRPC (`otlp-grpc`), port 4318 HTTP (`otlp-http`).';

/** Explanations of Node's error codes, for developers whose spans are missing. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: ['nothing listens there', (option) => `Start the collector, or correct \`${option}.url\`.`],
  ENOTFOUND: ['the host name does not exist', (option) => `Check the host in \`${option}.url\`.`],
  EAI_AGAIN: [
    'the host name could not be looked up',
    (option) => `Check the host in \`${option}.url\`, and DNS.`,
  ],
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ECONNRESET: DROPPED,
  ECONNABORTED: DROPPED,
  EPIPE: DROPPED,
  ETIMEDOUT: ['it did not answer in time', 'Check the address, the network and the load of the receiver.'],
  ENOENT: ['the socket file does not exist', (option) => `Check the path in \`${option}.url\`.`],
  EACCES: ['the system does not allow the connection', 'Check permissions and the network policy.'],
  EPROTO: WRONG_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: WRONG_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: WRONG_TLS,
  CERT_HAS_EXPIRED: ["the receiver's certificate has expired", 'Renew it.'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "the receiver's certificate is for another host name",
    (option) => `Use the name that the certificate was issued for in \`${option}.url\`.`,
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: CLIENT_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: CLIENT_CERTIFICATE,
};

/** Patterns that find an error code in messages without one, such as the details of a gRPC status. */
const IN_TEXT: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/wrong version number|packet length too long|EPROTO/i, 'EPROTO'],
  [/self[- ]signed certificate in/i, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/self[- ]signed/i, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [
    /unable to verify the first certificate|unable to get (local )?issuer/i,
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ],
  [/certificate has expired/i, 'CERT_HAS_EXPIRED'],
  [/altname|does not match certificate/i, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/certificate required/i, 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'],
  [/alert bad certificate/i, 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'],
  [/alert unknown ca/i, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
  [/name resolution failed/i, 'ENOTFOUND'],
];

/**
 * Explains an error of a socket, of DNS, of TLS or of Node's HTTP parser.
 *
 * All of these failures are retryable, since the network and the receiver can change. The hint says what to
 * do if they do not.
 */
export function classifyNetworkError(error: unknown, destination: Destination = OTLP_TRACES): ExportFailure {
  const { code, message } = describe(error);
  if (code.startsWith('HPE_')) return wrongProtocolFailure(code, 'HTTP/1.1');
  return failure(
    code,
    EXPLANATIONS[code] ?? explainText(message) ?? ['the connection failed', 'Check the address.'],
    destination,
  );
}

/** Returns the Node error code that a text names or describes, if any. */
export function networkCodeIn(text: string): string | undefined {
  for (const [pattern, code] of IN_TEXT) {
    if (pattern.test(text)) return code;
  }
  return /\b(E[A-Z]{4,}[A-Z0-9_]*|EAI_AGAIN|EPIPE)\b/.exec(text)?.[1];
}

export function networkFailure(code: string, destination: Destination): ExportFailure | undefined {
  const explanation = EXPLANATIONS[code];
  return explanation === undefined ? undefined : failure(code, explanation, destination);
}

/** Explains that the port belongs to OTLP's other protocol, or to another service. */
export function wrongProtocolFailure(code: string, expected: 'gRPC' | 'HTTP/1.1'): ExportFailure {
  return failure(code, [`the port does not speak ${expected}`, WHICH_PORT]);
}

export function timeoutFailure(limitMillis: number, destination: Destination = OTLP_TRACES): ExportFailure {
  return failure(
    'ETIMEDOUT',
    [
      `it did not answer within ${Math.round(limitMillis)} ms`,
      (option) => `Check the load of the receiver, or raise \`${option}.timeoutMillis\`.`,
    ],
    destination,
  );
}

function failure(
  code: string,
  [reason, hint]: Explanation,
  { option }: Destination = OTLP_TRACES,
): ExportFailure {
  const remedy = typeof hint === 'string' ? hint : hint(option);
  return { code, reason, hint: remedy, retryable: true, blames: 'destination' };
}

function explainText(text: string): Explanation | undefined {
  const code = networkCodeIn(text);
  return code === undefined ? undefined : EXPLANATIONS[code];
}

function describe(error: unknown): { code: string; message: string } {
  // Node tries all addresses of a name and then reports an AggregateError.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  const { code, message } = (first ?? error ?? {}) as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : '';
  return { code: typeof code === 'string' ? code : (networkCodeIn(text) ?? 'UNKNOWN'), message: text };
}
