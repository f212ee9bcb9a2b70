import type { Span } from '@opentelemetry/api';
import { runInContext, type FlowContext } from '../context/flow-context.js';
import type { InstanceTracer } from './instance-tracer.js';
import type { SpanOptions } from './span-options.js';
import { CallMeasure } from './measured-call.js';
import type { RecordingSpan } from './recording-span.js';
import { runInSpan, type TracedCall } from './run-in-span.js';
import { UnrecordedSpan } from './unrecorded-span.js';

/** Facts about the user's function, if the called function wraps it. */
export type CallDetails = Pick<TracedCall, 'written' | 'onResult' | 'notes'>;

/**
 * Runs `fn` in a new span. A span that would record nothing new is skipped at almost no cost.
 *
 * @param isActive - whether `context` is already the active context
 * @param details - facts about the user's function, if `fn` wraps one
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
