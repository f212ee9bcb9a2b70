/*
 * One stream as Nest writes it, and what `SseTrace` makes of each chunk:
 *
 *   handler returns an Observable      observe()   its producer is given the stream's context
 *   Nest subscribes                    begin()     from here on, chunks belong to the stream
 *   "\n"                               wrote()     headers are out: `open`, no event
 *   "id: 1\ndata: {"n":1}\n\n"          wrote()     event 1: `stream.time_to_first_event`
 *   ": keep-alive\n\n"                 wrote()     a comment: bytes count, no event
 *   "id: 2\ndata: {"n":2}\n\n"          wrote()     event 2: the gap since event 1 may be the longest
 *   "event: error\nid: 3\ndata: …\n\n" wrote()     an error event; not counted where the producer failed
 *   response closed                    finish()    attributes are set, a span of its own ends
 *
 * A compressor in front of the response hides the text (chunks are bytes): then the number of values that
 * the producer emitted stands in for the number of events. An exception filter may answer instead of a stream
 * that failed before its first byte: `failed()` clears `open`, so that its answer is not counted.
 *
 * Invariant: a response that never became a stream (`began` is false) is recorded like any other request.
 */
import type { Span } from '@opentelemetry/api';
import type { Observable } from 'rxjs';
import { activeContext, type FlowContext } from '../context/flow-context.js';
import { epochMillis, monotonicMillis } from '../tracing/clock.js';
import {
  observeInContext,
  type Subscribed,
  type SubscriptionListener,
  type SubscriptionStart,
} from '../tracing/context-subscriber.js';
import { InstanceTracer } from '../tracing/instance-tracer.js';
import { LIBRARY_SCOPE } from '../base/version.js';
import type { SseRoute } from './stream-options.js';
import { StreamTrace, type StreamedRequest } from './stream-trace.js';

const MAX_EVENT_ID_LENGTH = 256;
/** The first chunk of Nest's event streams, sent even before there is a producer. */
const HEADERS_ARE_OUT = '\n';

/**
 * A response of server-sent events. It counts events, measures durations, and supplies the producer's
 * context.
 */
export class SseTrace extends StreamTrace implements SubscriptionListener, Subscribed {
  private events = 0;
  /** The number of values from the producer, used instead of `events` if a compressor hides the text. */
  private emitted = 0;
  private opaque = false;
  /** Whether the last event was an `error` event. */
  private toldError = false;
  private lastAt = 0;
  private longestGap = 0;
  private subscribed = false;
  private completed = false;
  /** Whether the written text belongs to the stream, not to an exception filter's response. */
  private open = false;
  private ownSpan: Span | undefined;
  /** The context of the handler's call. */
  private base: FlowContext;
  private subscriber: { complete(): void } | undefined;

  constructor(
    trace: StreamedRequest,
    private readonly route: SseRoute,
  ) {
    super(trace);
    this.base = trace.context;
  }

  protected override get span(): Span {
    return this.ownSpan ?? this.trace.span;
  }

  override get type(): string {
    return this.route.type;
  }

  /** A handler that failed before its stream began is an ordinary failed request. */
  override get began(): boolean {
    return this.subscribed || this.open || !this.trace.response.writableEnded;
  }

  /** Called when Nest destroys the response, as it does if the client does not read. */
  protected override destroyed(): void {
    this.cutBy('limit');
  }

  /**
   * Whether Nest reported a failure to the client that did not come from the producer: from an interceptor,
   * or an event that is not JSON.
   */
  protected override get brokeOff(): boolean {
    return this.toldError && !this.completed && this.trace.response.writableEnded;
  }

  override get endsOnShutdown(): boolean {
    return this.route.completeOnShutdown;
  }

  /** Wraps the Observable so that the stream's span is active in its producer. */
  observe<T>(source: Observable<T>): Observable<T> {
    this.base = activeContext();
    return observeInContext(source, this);
  }

  override failed(error: unknown): void {
    super.failed(error);
    if (this.failure?.late === false) this.open = false;
  }

  override wrote(chunk: unknown, encoding: unknown): void {
    this.open ||= chunk === HEADERS_ARE_OUT;
    if (!this.open) return;
    super.wrote(chunk, encoding);
    if (typeof chunk !== 'string') this.opaque = true;
    else if (!isEvent(chunk)) return;
    this.toldError = isErrorEvent(chunk);
    if (this.failure === undefined || !this.toldError) this.sent();
  }

  override shutDown(): void {
    if (!this.endsOnShutdown || this.trace.response.writableEnded) return;
    this.cutBy('server_shutdown');
    this.subscriber?.complete();
  }

  override finish(): void {
    if (!this.began) {
      this.trace.streams.delete(this);
      return;
    }
    super.finish();
    const { span } = this;
    span.setAttribute('stream.type', this.route.type);
    const events = this.cutShort ? this.events - 1 : this.events;
    span.setAttribute('stream.events', this.opaque ? this.emitted : events);
    if (this.longestGap > 0) span.setAttribute('stream.longest_gap', seconds(this.longestGap));
    const resumed = this.trace.request.headers['last-event-id'];
    if (typeof resumed === 'string') {
      span.setAttribute('stream.resumed_from', resumed.slice(0, MAX_EVENT_ID_LENGTH));
    }
    this.ownSpan?.end();
  }

  begin(): SubscriptionStart {
    this.subscribed = true;
    this.open = true;
    // An interceptor may subscribe again after a failure.
    this.failure = undefined;
    return { context: this.producerContext(), listener: this };
  }

  begun(subscriber: { complete(): void }): void {
    this.subscriber = subscriber;
    // Completed once, since an interceptor that repeats would never stop.
    if (this.trace.streams.closing && !this.completed) this.shutDown();
  }

  next(): void {
    this.emitted += 1;
  }

  error(error: unknown): void {
    this.failed(error);
  }

  complete(): void {
    this.completed = true;
  }

  closed(): void {
    this.subscriber = undefined;
  }

  private producerContext(): FlowContext {
    const { base } = this;
    const { ownSpan } = this.route;
    const { instance, spanName } = this.trace;
    if (ownSpan === undefined || instance === undefined) return base;
    this.ownSpan ??= new InstanceTracer(instance.pipeline, LIBRARY_SCOPE).start(
      ownSpan.name ?? `${spanName} stream`,
      {},
      base,
    );
    return base.withSpan(this.ownSpan);
  }

  private sent(): void {
    this.events += 1;
    const now = monotonicMillis();
    if (this.lastAt === 0) {
      const first = epochMillis(now) - this.trace.span.startMillis;
      this.span.setAttribute('stream.time_to_first_event', seconds(first)).addEvent('first_chunk');
    } else if (now - this.lastAt > this.longestGap) {
      this.longestGap = now - this.lastAt;
    }
    this.lastAt = now;
    const { milestoneEvery } = this.route;
    if (milestoneEvery > 0 && this.events % milestoneEvery === 0) {
      this.span.addEvent('chunk_milestone', { chunk_count: this.events });
    }
  }
}

/** Whether a chunk is an event, not one of Nest's keep-alive comments. */
function isEvent(chunk: string): boolean {
  return chunk !== HEADERS_ARE_OUT && !chunk.startsWith(':');
}

/** Whether a chunk is Nest's event for a failure that no exception filter could handle any more. */
function isErrorEvent(chunk: unknown): boolean {
  return typeof chunk === 'string' && chunk.startsWith('event: error\n');
}

function seconds(millis: number): number {
  return Math.max(0, Math.round(millis * 1000) / 1e6);
}
