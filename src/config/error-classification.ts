import type { Attributes } from '@opentelemetry/api';

/** Describes how an error changes the span that it ends. */
export interface ErrorClassification {
  /** The value of `error.type`: one of a few constants, never a message. */
  readonly type: string;
  /** Whether a retry may succeed; recorded as `error.retryable`. */
  readonly retryable?: boolean;
  /**
   * Whether the error reports a mistake of the caller. The span then gets `error.type` but no error status.
   */
  readonly expected?: boolean;
  /** Description of the span's error status; default: the error's message. */
  readonly message?: string;
  /** Additional attributes of the span. */
  readonly attributes?: Attributes;
}

/**
 * Classifies a thrown error. Called once per error and span, in the flow of the request.
 *
 * @returns the classification, or nothing to use the default classifier; an error thrown here also selects
 *   the default
 */
export type ErrorClassifier = (error: unknown) => ErrorClassification | undefined;
