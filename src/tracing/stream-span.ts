import type { Span } from '@opentelemetry/api';
import type { FlowContext } from '../context/flow-context.js';
import { recordError } from './error-record.js';
import { UnrecordedSpan } from './unrecorded-span.js';

/** One use of a stream: a subscription, an iteration, a reader. */
export interface StreamUse {
  /** The context that is active while the producer works for this consumer. */
  readonly context: FlowContext;
  /** Called for each chunk that goes to the consumer. */
  chunk(value: unknown): void;
  fail(error: unknown): void;
  /** Called when the stream has ended for this consumer; later calls have no effect. */
  end(): void;
  /** Called when the consumer leaves before the stream's end. */
  endEarly(): void;
}

/** Measures a traced stream; its methods must not throw. */
export interface StreamListener {
  chunk(value: unknown): void;
  /** Called when the consumer leaves before the end; the span ends next. */
  left(): void;
}

/**
 * Ends the span of a stream that was garbage-collected; otherwise a stream nobody reads would never end it.
 */
const collected = new FinalizationRegistry<{ endUnused(): void }>((stream) => {
  stream.endUnused();
});

/**
 * The span of a call that returned a stream. It starts with the call and ends when the last consumer is
 * done.
 *
 * **Gotchas** If the stream is never consumed, the span ends when the stream is garbage-collected.
 */
export class StreamSpan {
  private open = 0;
  private used = false;

  constructor(
    private readonly span: Span,
    /** The caller's context. */
    private readonly context: FlowContext,
    /** Starts a span for each further consumer; without it, all consumers share one span. */
    private readonly startAnother?: () => Span,
    private readonly listener?: StreamListener,
  ) {}

  /** Ends the span if the stream is garbage-collected before it was consumed. */
  watch<S extends object>(stream: S): S {
    collected.register(stream, this);
    return stream;
  }

  /** Begins one use of the stream. */
  use(): StreamUse {
    const own = this.used && this.startAnother !== undefined;
    const span = own ? this.startAnother() : this.span;
    this.used = true;
    this.open += 1;
    const onEnd = (): void => {
      this.open -= 1;
      if (own || this.startAnother !== undefined || this.open === 0) span.end();
    };
    return new Consumption(span, activating(span, this.context), onEnd, this.listener);
  }

  endUnused(): void {
    if (this.used) return;
    this.listener?.left();
    this.span.end();
  }
}

/** Returns a context with the span active, unless the span only stands for the active one. */
export function activating(span: Span, context: FlowContext): FlowContext {
  return span instanceof UnrecordedSpan && !span.activates ? context : context.withSpan(span);
}

class Consumption implements StreamUse {
  private over = false;

  constructor(
    private readonly span: Span,
    readonly context: FlowContext,
    private readonly onEnd: () => void,
    private readonly listener: StreamListener | undefined,
  ) {}

  chunk(value: unknown): void {
    this.listener?.chunk(value);
  }

  fail(error: unknown): void {
    if (this.over) return;
    recordError(this.span, error);
    this.end();
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.onEnd();
  }

  endEarly(): void {
    if (!this.over) this.listener?.left();
    this.end();
  }

  endUnused(): void {
    this.endEarly();
  }
}

/** Ends one use of a stream if its consumer is garbage-collected. */
export function endWhenCollected(consumer: object, use: Pick<StreamUse, 'endEarly'>): void {
  collected.register(consumer, {
    endUnused: () => {
      use.endEarly();
    },
  });
}
