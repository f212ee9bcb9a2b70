import {
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import { FlowContext, runInContext } from '../../context/flow-context.js';
import type { InstrumentedInstance } from './instrumented-instance.js';

const NOOP_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Chooses the instance of a call; a call without one is not recorded. */
export type ChooseInstance = (context: FlowContext) => InstrumentedInstance | undefined;

/** The tracer for an instrumentation. Each span goes to the instance of its call's flow. */
export class RoutedTracer implements Tracer {
  constructor(
    private readonly name: string,
    private readonly version: string | undefined,
    private readonly choose: ChooseInstance,
    /** Whether an instance records no calls outside of traces. */
    private readonly requiresParent: (instance: InstrumentedInstance) => boolean,
  ) {}

  startSpan(name: string, options?: SpanOptions, context?: Context): Span {
    const parent = FlowContext.from(context);
    const instance = this.choose(parent);
    if (instance === undefined) return NOOP_SPAN;
    if (this.requiresParent(instance) && !hasSpan(parent)) return NOOP_SPAN;
    return instance.manager.getTracer(this.name, this.version).startSpan(name, options, parent);
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const fn = rest.at(-1) as F;
    const [options, given] = rest.slice(0, -1) as [SpanOptions?, Context?];
    const context = FlowContext.from(given);
    const span = this.startSpan(name, options, context);
    return runInContext(span === NOOP_SPAN ? context : context.withSpan(span), fn, span) as ReturnType<F>;
  }
}

function hasSpan({ span }: FlowContext): boolean {
  return span !== undefined && isSpanContextValid(span.spanContext());
}
