import { OTLP_TRACES, type Destination } from './destination.js';
import { MAX_RETRY_AFTER_MILLIS, saysTooLarge, type ExportFailure } from './export-failure.js';
import { wrongProtocolFailure } from './network-failure.js';

/**
 * Explains an HTTP status outside of 2xx.
 *
 * @param retryAfter - the `Retry-After` header: seconds, or a date
 * @param message - the receiver's message, with secrets removed
 * @see {@link https://opentelemetry.io/docs/specs/otlp/#failures-1 | OTLP/HTTP, failures}
 */
export function classifyHttpStatus(
  status: number,
  retryAfter?: string,
  message?: string,
  destination: Destination = OTLP_TRACES,
): ExportFailure {
  const code = `HTTP ${status}`;
  const said = message ? `: ${message}` : '';
  // Node's HTTP/2 servers answer HTTP/1.1 requests with this text.
  if (message?.includes('Missing ALPN Protocol')) return wrongProtocolFailure(code, 'HTTP/1.1');
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    const wait = parseRetryAfter(retryAfter);
    return {
      code,
      reason: `${status === 429 ? 'the receiver asks to slow down' : 'the receiver is not available'}${said}`,
      hint:
        status === 429
          ? 'Sample less, or raise the limit at the receiver.'
          : 'The receiver or a proxy before it is restarting or overloaded.',
      retryable: true,
      blames: 'destination',
      ...(wait !== undefined && { retryAfterMillis: wait }),
    };
  }
  const tooLarge = status === 413 || ((status === 400 || status === 422) && saysTooLarge(message ?? ''));
  const [reason, hint] = explain(tooLarge ? 413 : status, destination);
  const blames = BLAMES_DESTINATION.has(status) || status < 400 ? 'destination' : 'data';
  return {
    code,
    reason: reason + said,
    hint,
    retryable: false,
    blames,
    ...(tooLarge && { tooLarge: true }),
  };
}

/** Explains a successful response whose body is a web page. */
export function webPageFailure(status: number, destination: Destination): ExportFailure {
  const [reason, hint] = explain(404, destination);
  return {
    code: `HTTP ${status}`,
    reason: `a web page answers; ${reason}`,
    hint,
    retryable: false,
    blames: 'destination',
  };
}

const BLAMES_DESTINATION: ReadonlySet<number> = new Set([
  401, 402, 403, 404, 405, 407, 410, 415, 421, 426, 501, 505,
]);

function explain(status: number, destination: Destination): readonly [reason: string, hint: string] {
  const { items, option, protocol, endpoint, path } = destination;
  switch (status) {
    case 400:
      return [`the receiver could not read the ${items}`, `Check that \`${option}.url\` is the ${endpoint}.`];
    case 401:
      return [
        'the receiver does not know the credentials',
        `Check the API key or token in \`${option}.headers\`.`,
      ];
    case 402:
    case 403:
      return [
        'the credentials are not allowed to write here',
        `Check the API key or token in \`${option}.headers\`.`,
      ];
    case 101:
    case 404:
    case 405:
    case 410:
      return [
        `there is no ${endpoint} at this address`,
        `Check the path of \`${option}.url\`; usually it ends in \`${path}\`.`,
      ];
    case 407:
      return ['a proxy asks for credentials', 'Check the proxy.'];
    case 413:
      return [
        'the request is over the size limit',
        'Lower `batch.maxExportBatchBytes`, or raise the limit there.',
      ];
    case 415:
      return [
        'the receiver does not take this encoding',
        protocol === 'OTLP'
          ? 'Try `otlp-http-json` in place of `otlp-http`, or the other way round, and no compression.'
          : `Check that it is a ${protocol}.`,
      ];
    default:
      if (status >= 300 && status < 400) {
        return [
          `the receiver redirects, which ${protocol} does not follow`,
          'Use the address that it redirects to.',
        ];
      }
      if (status >= 500) return ['the receiver failed', "See the receiver's log."];
      return [`the receiver refused the ${items}`, "See the receiver's log."];
  }
}

/**
 * Reads a `Retry-After` header: seconds, or a date.
 *
 * @returns milliseconds from now; `undefined` if the header is absent or unreadable
 */
export function parseRetryAfter(value: string | undefined, now: number = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const millis = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(millis) ? undefined : Math.min(Math.max(millis, 0), MAX_RETRY_AFTER_MILLIS);
}
