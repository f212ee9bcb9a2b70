import {
  trace,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions as ApiSpanOptions,
} from '@opentelemetry/api';
import type { ErrorClassifier } from '../config/error-classification.js';
import { activeContext, FlowContext } from '../context/flow-context.js';
import type { CallMetric } from '../pipeline/call-meter.js';

/** Options for starting a span: OpenTelemetry's, and this library's. */
export interface SpanOptions extends ApiSpanOptions {
  /** The parent: a span, a span context from elsewhere, or a whole context; default: the active span. */
  readonly parent?: Span | SpanContext | Context;
  /**
   * The share of spans to keep, 0 to 1; default: the sampler decides. At the start of a trace, a matching
   * sampler rule wins. Inside a kept trace, a dropped span takes its descendants along.
   */
  readonly sample?: number;
  /**
   * Whether each consumer of a returned stream gets its own span; default false: all consumers share one.
   */
  readonly perSubscriber?: boolean;
  /** Classifies errors that end this span, before the configuration's classifier does. */
  readonly errorClassifier?: ErrorClassifier;
  /**
   * Whether durations are also recorded in a histogram, sampled or not; for `withSpan` and `@Span`.
   * Default: none.
   */
  readonly metric?: true | CallMetric;
}

/** Returns the context for a span below `parent`; default: the active context. */
export function contextBelow(parent: Span | SpanContext | Context | null | undefined): FlowContext {
  const current = activeContext();
  if (typeof parent !== 'object' || parent === null) return current;
  if ('getValue' in parent) return FlowContext.from(parent);
  if ('spanContext' in parent) return current.withSpan(parent);
  return current.withSpan(trace.wrapSpanContext(parent));
}
