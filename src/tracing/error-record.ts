import { SpanStatusCode, type Span } from '@opentelemetry/api';
import type { ErrorClassification } from '../config/error-classification.js';
import { errorText } from '../base/rate-limited-log.js';
import { classifyError } from './error-classifier.js';
import { errorMessage } from './exception.js';
import { isRecorded } from './recorded-errors.js';
import { ask } from '../base/user-function.js';
import { RecordingSpan } from './recording-span.js';
import { UnrecordedSpan } from './unrecorded-span.js';

/**
 * Records a failure on a span: status, `error.type`, and an `exception` event unless another span of the
 * trace has it. An expected error (a mistake of the client, such as an `HttpException` below 500) leaves
 * status and events unchanged.
 */
export function recordError(span: Span, error: unknown): void {
  if (span instanceof UnrecordedSpan) span.failed(error);
  if (!span.isRecording()) return;
  const { type, retryable, expected, message, attributes } = classificationFor(span, error);
  if (attributes) span.setAttributes(attributes);
  span.setAttribute('error.type', type);
  if (retryable !== undefined) span.setAttribute('error.retryable', retryable);
  if (expected === true) return;
  span.setStatus({ code: SpanStatusCode.ERROR, message: message ?? errorMessage(error) });
  if (!isRecorded(error, span.spanContext().traceId)) span.recordException(error as Error);
}

/** Classifies an error with the span's classifier, else the configuration's, else the default one. */
function classificationFor(span: Span, error: unknown): ErrorClassification {
  if (!(span instanceof RecordingSpan)) return classifyError(error);
  const { generation } = span;
  for (const classifier of [span.errorClassifier, generation.config.errorClassifier]) {
    if (classifier === undefined) continue;
    const judged = ask(
      () => classifier(error),
      readClassification,
      (failure) => {
        generation.log.warn('errorClassifier', `An error classifier threw: ${errorText(failure)}`);
        return undefined;
      },
    );
    if (judged !== undefined) return judged;
  }
  return classifyError(error);
}

/** Keeps the members of a user's classification that have the right type. */
function readClassification(answer: ErrorClassification | null | undefined): ErrorClassification | undefined {
  const { type, retryable, expected, message, attributes } = Object(answer) as Partial<ErrorClassification>;
  if (typeof type !== 'string') return undefined;
  return {
    type,
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(typeof expected === 'boolean' ? { expected } : {}),
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof attributes === 'object' ? { attributes: { ...attributes } } : {}),
  };
}
