import type { Span } from '@opentelemetry/api';
import { runInContext, type FlowContext } from '../context/flow-context.js';
import type { InstanceTracer } from './instance-tracer.js';
import type { SpanOptions } from './span-options.js';
import { CallMeasure } from './measured-call.js';
import type { RecordingSpan } from './recording-span.js';
import { runInSpan, type TracedCall } from './run-in-span.js';
import { UnrecordedSpan } from './unrecorded-span.js';

/** Facts about the user's function, if the called function wraps it. */
export type CallDetails = Pick<TracedCall, 'written' | 'onResult'>;

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
  const { metric } = options;
  const meter = metric === undefined ? undefined : tracer.callMeter;
  const measure = meter && metric && new CallMeasure(meter, metric, name);
  const start = (): RecordingSpan | UnrecordedSpan => {
    const started = tracer.start(name, options, context);
    return measure === undefined ? started : measure.of(started, options.attributes);
  };
  const span = start();
  if (span instanceof UnrecordedSpan && !span.activates && measure === undefined) {
    return isActive ? fn(span) : runInContext(context, fn, span);
  }
  return runInSpan(span, context, fn, {
    name,
    written: details?.written,
    onResult: details?.onResult,
    startAnother: options.perSubscriber === true ? start : undefined,
    log: tracer.log,
  });
}
