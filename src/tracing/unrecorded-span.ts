import {
  INVALID_SPAN_CONTEXT,
  type Attributes,
  type AttributeValue,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';

/**
 * A span that records nothing: telemetry is off, tracing is suppressed, or its trace was not sampled. Like
 * every span it has a context, so that what it calls, here and in other processes, continues the same trace.
 */
export class UnrecordedSpan implements Span {
  private stand: UnrecordedSpan | undefined;

  constructor(
    private readonly context: SpanContext,
    /** Whether it says more than the span that is active already, so that it must become the active one. */
    readonly activates: boolean,
  ) {}

  /** The span for everything below, which is not recorded either. */
  get below(): UnrecordedSpan {
    if (!this.activates) return this;
    return (this.stand ??= new UnrecordedSpan(this.context, false));
  }

  /** Whether a call in it can go without it. */
  get saysNothing(): boolean {
    return !this.activates;
  }

  spanContext(): SpanContext {
    return this.context;
  }

  isRecording(): boolean {
    return false;
  }

  setAttribute(_key: string, _value: AttributeValue): this {
    return this;
  }

  setAttributes(_attributes: Attributes): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  /** The call that it stands for has failed. */
  failed(_error: unknown): void {
    // Nothing is recorded.
  }

  recordException(): void {
    // Nothing is recorded.
  }

  end(): void {
    // It has not begun either.
  }
}

/** Outside of every trace. */
export const NO_SPAN = new UnrecordedSpan(INVALID_SPAN_CONTEXT, false);

/**
 * Makes a stand-in for a span that is left out below `parent`: it cannot change or end the parent, and
 * stays in its trace.
 */
export function leftOut(parent: Span | undefined): UnrecordedSpan {
  if (parent === undefined) return NO_SPAN;
  return parent instanceof UnrecordedSpan ? parent.below : new UnrecordedSpan(parent.spanContext(), false);
}
