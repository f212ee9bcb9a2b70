import type { Span } from '@opentelemetry/api';
import type { FlowContext } from '../context/flow-context.js';
import { recordError } from './error-record.js';
import { UnrecordedSpan } from './unrecorded-span.js';

/** One consumption of a stream: a subscription, an iteration, a reader. */
export interface StreamUse {
  /** Active in all that the producer does for this consumer. */
  readonly context: FlowContext;
  /** A chunk is on its way to the consumer. */
  chunk(value: unknown): void;
  fail(error: unknown): void;
  /** The stream is over for this consumer; later calls change nothing. */
  end(): void;
  /** The consumer left before the stream's end. */
  endEarly(): void;
}

/** Listens to a traced stream in order to measure it; must not throw. */
export interface StreamListener {
  chunk(value: unknown): void;
  /** The consumer left before the end; the span ends next. */
  left(): void;
}

/**
 * Ends the span of a stream that was garbage-collected; otherwise a stream nobody reads would never end it.
 */
const collected = new FinalizationRegistry<{ endUnused(): void }>((stream) => {
  stream.endUnused();
});

/**
 * The span of a call that returned a stream: begun with the call, ended when the last consumer is done.
 *
 * **Gotchas** A stream that nobody ever consumes ends its span when it is garbage-collected.
 */
export class StreamSpan {
  private open = 0;
  private used = false;

  constructor(
    private readonly span: Span,
    /** The caller's context. */
    private readonly context: FlowContext,
    /** Starts a span for each consumer after the first; without it all of them share one. */
    private readonly startAnother?: () => Span,
    private readonly listener?: StreamListener,
  ) {}

  /** Ends the span when the stream object is gone before it was consumed. */
  watch<S extends object>(stream: S): S {
    collected.register(stream, this);
    return stream;
  }

  /** Begins a consumption. */
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

/** The context in which a span is the active one, unless it stands for the one that is active already. */
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

/** Ends a consumption whose consumer was garbage-collected in the middle. */
export function endWhenCollected(consumer: object, use: Pick<StreamUse, 'endEarly'>): void {
  collected.register(consumer, {
    endUnused: () => {
      use.endEarly();
    },
  });
}
