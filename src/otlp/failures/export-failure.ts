/**
 * Describes a failed export: what happened, what to do, and whether a retry can succeed.
 *
 * It never contains a header value, credentials of an address or a span.
 */
export interface ExportFailure {
  /** gRPC status name, `HTTP 401`, or a Node error code such as `ECONNREFUSED`. */
  readonly code: string;
  /** The cause, as one clause without a full stop. */
  readonly reason: string;
  /** The remedy, in one sentence. */
  readonly hint?: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The delay that the receiver asked for, in milliseconds. */
  readonly retryAfterMillis?: number;
  /**
   * The side at fault: `data` affects only this request, `destination` affects every request until
   * the configuration or the receiver changes. Retryable failures are always the destination's.
   */
  readonly blames: 'data' | 'destination';
  /** Whether the request exceeded the receiver's limit, so that half of it may be accepted. */
  readonly tooLarge?: boolean;
}

/** The longest delay that a receiver can ask for; longer ones are shortened to it. */
export const MAX_RETRY_AFTER_MILLIS = 600_000;

const TOO_LARGE =
  /larger than|exceeds? (?:the )?(?:max|limit|size)|too (?:large|big|long)|message length|size limit/i;

/** Whether a receiver's message says that the request was too large. Go servers say so with HTTP 400. */
export function saysTooLarge(words: string): boolean {
  return TOO_LARGE.test(words);
}
