import type { Span } from '@opentelemetry/api';
import { runInContext, type FlowContext } from '../context/flow-context.js';
import type { InstanceTracer, SampledSpanOptions } from './instance-tracer.js';
import { runInSpan } from './run-in-span.js';
import { UnrecordedSpan } from './unrecorded-span.js';

/**
 * Runs `fn` in a new span; without any ceremony where that span would say nothing new.
 *
 * @param isActive - whether `context` is the one that is active already
 */
export function callInSpan<T>(
  tracer: InstanceTracer,
  name: string,
  options: SampledSpanOptions,
  context: FlowContext,
  isActive: boolean,
  fn: (span: Span) => T,
): T {
  const span = tracer.start(name, options, context);
  if (span instanceof UnrecordedSpan && !span.activates) {
    return isActive ? fn(span) : runInContext(context, fn, span);
  }
  const another = (): Span => tracer.start(name, options, context);
  return runInSpan(span, context, fn, options.perSubscriber === true ? another : undefined);
}
