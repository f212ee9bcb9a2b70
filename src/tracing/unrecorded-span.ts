import {
  INVALID_SPAN_CONTEXT,
  type Attributes,
  type AttributeValue,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';

/**
 * A span that records nothing: telemetry is off, tracing is suppressed, or the trace was not sampled. It
 * has a span context, so that its children, here and in other processes, continue the same trace.
 */
export class UnrecordedSpan implements Span {
  private stand: UnrecordedSpan | undefined;

  constructor(
    private readonly context: SpanContext,
    /** Whether the span must become the active one, since it differs from the active span. */
    readonly activates: boolean,
  ) {}

  /** Returns the span for everything below, which is not recorded either. */
  get below(): UnrecordedSpan {
    if (!this.activates) return this;
    return (this.stand ??= new UnrecordedSpan(this.context, false));
  }

  /** Whether a call can run without this span, since it adds nothing to the active one. */
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

  /** Called when the call fails. */
  failed(_error: unknown): void {
    // Records nothing.
  }

  recordException(): void {
    // Records nothing.
  }

  end(): void {
    // The span has not begun either.
  }
}

/** The span outside of every trace. */
export const NO_SPAN = new UnrecordedSpan(INVALID_SPAN_CONTEXT, false);

/**
 * Creates a stand-in for a dropped span below `parent`. It stays in the parent's trace but cannot change or
 * end the parent.
 */
export function leftOut(parent: Span | undefined): UnrecordedSpan {
  if (parent === undefined) return NO_SPAN;
  return parent instanceof UnrecordedSpan ? parent.below : new UnrecordedSpan(parent.spanContext(), false);
}
