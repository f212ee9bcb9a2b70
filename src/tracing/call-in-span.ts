import type { Span } from '@opentelemetry/api';
import { runInContext, type FlowContext } from '../context/flow-context.js';
import type { InstanceTracer } from './instance-tracer.js';
import type { SpanOptions } from './span-options.js';
import { CallMeasure } from './measured-call.js';
import type { RecordingSpan } from './recording-span.js';
import { runInSpan, type TracedCall } from './run-in-span.js';
import { UnrecordedSpan } from './unrecorded-span.js';

/** Set if the function that runs in a span wraps one of the user's. */
export type CallDetails = Pick<TracedCall, 'written' | 'onResult' | 'notes'>;

/**
 * Runs `fn` in a new span; without any ceremony where that span would say nothing new.
 *
 * @param isActive - whether `context` is the one that is active already
 * @param details - what is known of the call where `fn` wraps another function
 */
export function callInSpan<T>(
  tracer: InstanceTracer,
  name: string,
  options: SpanOptions,
  context: FlowContext,
  isActive: boolean,
  fn: (span: Span) => T,
  details?: CallDetails,
): T {
  const span = startMeasured(tracer, name, options, context);
  if (span instanceof UnrecordedSpan && span.saysNothing) {
    return isActive ? fn(span) : runInContext(context, fn, span);
  }
  return runInSpan(span, context, fn, {
    name,
    written: details?.written,
    onResult: details?.onResult,
    notes: details?.notes,
    startAnother:
      options.perSubscriber === true ? () => startMeasured(tracer, name, options, context) : undefined,
    log: tracer.log,
  });
}

function startMeasured(
  tracer: InstanceTracer,
  name: string,
  options: SpanOptions,
  context: FlowContext,
): RecordingSpan | UnrecordedSpan {
  const { metric } = options;
  const span = tracer.start(name, options, context);
  const meter = metric === undefined ? undefined : tracer.callMeter;
  if (meter === undefined || metric === undefined) return span;
  return new CallMeasure(meter, metric, name).of(span, options.attributes);
}
