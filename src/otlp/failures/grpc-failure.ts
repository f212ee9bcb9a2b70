import { GRPC_STATUS_NAMES } from '../../base/grpc-status.js';
import { OTLP_TRACES, type Destination } from './destination.js';
import { saysTooLarge, type ExportFailure } from './export-failure.js';
import { networkCodeIn, networkFailure, wrongProtocolFailure } from './network-failure.js';

const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;

/**
 * The specification's retryable codes. RESOURCE_EXHAUSTED is missing: it is retryable only with a
 * `RetryInfo`.
 */
const RETRYABLE: ReadonlySet<number> = new Set([1, DEADLINE_EXCEEDED, 10, 11, UNAVAILABLE, 15]);

/**
 * Explains a gRPC status.
 *
 * @param details - the status message, with secrets removed
 * @param retryInfoMillis - the delay of a `RetryInfo` detail, in milliseconds; absent without one
 * @see {@link https://opentelemetry.io/docs/specs/otlp/#failures | OTLP/gRPC, failures}
 */
export function classifyGrpcStatus(
  status: number,
  details = '',
  retryInfoMillis?: number,
  destination: Destination = OTLP_TRACES,
): ExportFailure {
  const code = GRPC_STATUS_NAMES[status] ?? `gRPC ${status}`;
  const said = details === '' ? '' : `: ${details}`;
  const tooLarge = status === RESOURCE_EXHAUSTED && saysTooLarge(details);
  const retryable = RETRYABLE.has(status) || (status === RESOURCE_EXHAUSTED && retryInfoMillis !== undefined);
  if (retryable) {
    const network = status === UNAVAILABLE ? explainUnavailable(details, destination) : undefined;
    return {
      ...(network ?? {
        code,
        reason: `${TRANSIENT_REASONS[status] ?? `the receiver cannot take ${destination.items} now`}${said}`,
        hint: 'The receiver or a proxy before it is restarting or overloaded.',
        blames: 'destination' as const,
      }),
      retryable: true,
      ...(retryInfoMillis !== undefined && { retryAfterMillis: retryInfoMillis }),
    };
  }
  const [reason, hint, blames] = explain(status, tooLarge, details, destination);
  return { code, reason: reason + said, hint, retryable: false, blames, ...(tooLarge && { tooLarge }) };
}

const TRANSIENT_REASONS: Readonly<Record<number, string>> = {
  [DEADLINE_EXCEEDED]: 'it did not answer in time',
  [RESOURCE_EXHAUSTED]: 'the receiver asks to slow down',
};

/** Explains a response that cannot come from an OTLP receiver: too large, or not a message. */
export function strangeAnswerFailure({ option }: Destination): ExportFailure {
  return {
    code: 'RESOURCE_EXHAUSTED',
    reason: 'the answer is not that of an OTLP receiver: it is too large',
    hint: `Check \`${option}.url\`: something else may listen there.`,
    retryable: false,
    blames: 'destination',
  };
}

/**
 * Explains an UNAVAILABLE status. grpc-js uses it for failed connections and puts the socket's error into
 * its text.
 */
function explainUnavailable(details: string, destination: Destination): ExportFailure | undefined {
  if (WRONG_PROTOCOL.test(details)) return wrongProtocolFailure('UNAVAILABLE', 'gRPC');
  if (/Last error: Failed to connect/i.test(details)) {
    return {
      code: 'UNAVAILABLE',
      reason: 'the connection is closed as soon as it is opened',
      hint: 'Check whether the port wants `https://`, and that it speaks gRPC.',
      retryable: true,
      blames: 'destination',
    };
  }
  const code = networkCodeIn(details);
  return code === undefined ? undefined : networkFailure(code, destination);
}

const WRONG_PROTOCOL = /parse error|protocol error|no application protocol|ERR_HTTP2|client preface|HTTP\/1/i;

function explain(
  status: number,
  tooLarge: boolean,
  details: string,
  { items, option, service }: Destination,
): readonly [reason: string, hint: string, blames: ExportFailure['blames']] {
  switch (GRPC_STATUS_NAMES[status]) {
    case 'UNAUTHENTICATED':
      return [
        'the receiver does not know the credentials',
        `Check the API key or token in \`${option}.headers\`.`,
        'destination',
      ];
    case 'PERMISSION_DENIED':
      return [
        'the credentials are not allowed to write here',
        `Check the API key or token in \`${option}.headers\`.`,
        'destination',
      ];
    case 'UNIMPLEMENTED':
    case 'NOT_FOUND':
      return [
        `there is no ${service} at this address`,
        `Check \`${option}.url\`: it must be the gRPC port of an OTLP receiver of ${items}.`,
        'destination',
      ];
    case 'INVALID_ARGUMENT':
      return [`the receiver could not read the ${items}`, "See the receiver's log.", 'data'];
    case 'RESOURCE_EXHAUSTED':
      return tooLarge
        ? [
            'the request is over the size limit',
            'Lower `batch.maxExportBatchBytes`, or raise the limit there.',
            'data',
          ]
        : ['a quota of the receiver is used up', 'Sample less, or raise the limit at the receiver.', 'data'];
    default:
      return WRONG_PROTOCOL.test(details)
        ? [
            'the port does not speak gRPC',
            'Port 4317 is usually gRPC, port 4318 HTTP (`otlp-http`).',
            'destination',
          ]
        : [`the receiver refused the ${items}`, "See the receiver's log.", 'data'];
  }
}
