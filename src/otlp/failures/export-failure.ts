/**
 * A failed export in words that help: what happened, what to do, and whether trying again can succeed.
 *
 * Never contains a header value, a URL's credentials or a span.
 */
export interface ExportFailure {
  /** gRPC status name, `HTTP 401`, or a Node error code such as `ECONNREFUSED`. */
  readonly code: string;
  /** What happened, one clause without a full stop. */
  readonly reason: string;
  /** What to do about it, one sentence. */
  readonly hint?: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** What the receiver asks to wait, in milliseconds. */
  readonly retryAfterMillis?: number;
  /**
   * Whose fault it is: `data` is this request's alone, `destination` is every request's until somebody changes the configuration or
   * the receiver. Retryable failures are always the destination's.
   */
  readonly blames: 'data' | 'destination';
  /** The request was over the receiver's limit: half of it may pass. */
  readonly tooLarge?: boolean;
}

/** A receiver that asks to wait longer is not believed. */
export const MAX_RETRY_AFTER_MILLIS = 600_000;
/** What a failure may quote of a receiver's own words. */
const MAX_QUOTE_CHARS = 160;

/**
 * A receiver's message as a log may show it: one line, cut, and without any of the request's secrets, which some receivers repeat.
 *
 * @param secrets - header values that must not appear
 */
export function quote(message: string, secrets: readonly string[]): string {
  let text = message;
  for (const secret of secrets) {
    if (secret.length > 3) text = text.replaceAll(secret, '****');
  }
  text = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return text.length > MAX_QUOTE_CHARS ? `${text.slice(0, MAX_QUOTE_CHARS)}…` : text;
}
