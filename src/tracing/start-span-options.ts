import { trace, type Context, type Span, type SpanContext } from '@opentelemetry/api';
import { activeContext, FlowContext } from '../context/flow-context.js';
import type { SampledSpanOptions } from './instance-tracer.js';

/** How to start a span; as the API's, a parent other than the active span, and a wish for sampling. */
export interface StartSpanOptions extends SampledSpanOptions {
  /** A span, a span context that came from elsewhere, or a whole context; default: the active span. */
  readonly parent?: Span | SpanContext | Context;
}

/** The context of a span that is started below `parent`; the active one by default. */
export function contextOf(parent: Span | SpanContext | Context | null | undefined): FlowContext {
  const current = activeContext();
  if (typeof parent !== 'object' || parent === null) return current;
  if ('getValue' in parent) return FlowContext.from(parent);
  if ('spanContext' in parent) return current.withSpan(parent);
  return current.withSpan(trace.wrapSpanContext(parent));
}
