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

/** How to start a span: OpenTelemetry's options, and this library's. */
export interface SpanOptions extends ApiSpanOptions {
  /** A span, a span context that came from elsewhere, or a whole context; default: the active span. */
  readonly parent?: Span | SpanContext | Context;
  /**
   * Share of spans to keep, 0 to 1. At the start of a trace it counts where no rule of the sampler says
   * otherwise; inside a trace that is kept, a span that is left out takes everything below it along.
   */
  readonly sample?: number;
  /**
   * A stream that the call returns gets a span for each of its consumers, in place of
   * one for all; default false.
   */
  readonly perSubscriber?: boolean;
  /** Judges errors that end this span, before the configuration's classifier does. */
  readonly errorClassifier?: ErrorClassifier;
  /** Makes a histogram of the durations too, sampled or not; for `withSpan` and `@Span`. Default: none. */
  readonly metric?: true | CallMetric;
}

/** The context of a span that is started below `parent`; the active one by default. */
export function contextOf(parent: Span | SpanContext | Context | null | undefined): FlowContext {
  const current = activeContext();
  if (typeof parent !== 'object' || parent === null) return current;
  if ('getValue' in parent) return FlowContext.from(parent);
  if ('spanContext' in parent) return current.withSpan(parent);
  return current.withSpan(trace.wrapSpanContext(parent));
}
