/**
 * A failed export in words that help: what happened, what to do, and whether trying again can succeed.
 *
 * Never contains a header value, a URL's credentials or a span.
 */
export interface ExportFailure {
  /** gRPC status name, `HTTP 401`, or a Node error code such as `ECONNREFUSED`. */
  readonly code: string;
  /** The cause, one clause without a full stop. */
  readonly reason: string;
  /** The remedy, one sentence. */
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
  /** The request was over the receiver's limit: half of it may pass. */
  readonly tooLarge?: boolean;
}

/** A receiver that asks to wait longer is not believed. */
export const MAX_RETRY_AFTER_MILLIS = 600_000;

const TOO_LARGE =
  /larger than|exceeds? (?:the )?(?:max|limit|size)|too (?:large|big|long)|message length|size limit/i;

/** Whether a receiver's words say that a request was too large for it; servers in Go say so with HTTP 400. */
export function saysTooLarge(words: string): boolean {
  return TOO_LARGE.test(words);
}
