import type { Attributes } from '@opentelemetry/api';

/** The effect of an error on the span that it ends. */
export interface ErrorClassification {
  /** Becomes `error.type`: of few different values, never a message. */
  readonly type: string;
  /** Whether trying again may help; becomes `error.retryable`. */
  readonly retryable?: boolean;
  /**
   * Whether it tells a caller of the caller's own mistake: the span then gets `error.type` and
   * stays without error status.
   */
  readonly expected?: boolean;
  /** Description of the span's error status; default: the error's message. */
  readonly message?: string;
  /** Further attributes for the span. */
  readonly attributes?: Attributes;
}

/**
 * Judges what was thrown. Called once per error and span, in the request's own flow.
 *
 * @returns nothing to leave the error to the default classifier; so does throwing
 */
export type ErrorClassifier = (error: unknown) => ErrorClassification | undefined;
