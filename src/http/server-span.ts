/*
 * The states of a request (`RequestTrace`) and what they mean for its span:
 *
 *           bindToInstance()       settleSpan()                  end()
 *   open ─────────────▶ bound ─────────────────▶ settled ──────────────────▶ closed
 *    │  a guard knows     │  at once; where        │  the span is one of       the response has closed
 *    │  the handler's     │  tenants are chosen,   │
 *    │  instance          │  at the first child    ├─ recording    its instance traces requests, sampled
 *    │                    │  or at the end         ├─ not recorded not sampled: children follow it
 *    │                                             ├─ excluded     route excluded: nothing below is traced
 *    └─ end(), fail() or GraphQL come first:       └─ put aside    its instance is off or traces no requests:
 *       bindWithoutHandler()                                       children are roots or the caller's
 *
 * The ids (`decided`) are fixed at any time before or at "settled", by the first code that asks: a middleware
 * that starts a child (by the path alone, `fixIdsByPath`), the trace id header, or `settleSpan`. They never
 * change afterwards; only the sampling decision can, where a tenant brings its own sampler (`sampleAgain`).
 *
 * The hot path, which every request takes and `bench/instructions` counts: this file, `request-trace.ts`,
 * `request-description.ts`, `request-listeners.ts`, `stream-body.ts`, `context/entry.ts`, and in
 * `nest/requests` the files `request-entrances.ts`, `reentering.ts`, `routed-handlers.ts` and
 * `route-arrivals.ts`. Properties that are read from or put on a framework's request or response cost most
 * there, see `property-of.ts`.
 *
 * Invariant: the provisional generation counts the span from its begin to "settled" (`adopt`, `release`), so
 * that a reconfiguration cannot close it under an open request.
 */
import {
  INVALID_SPAN_CONTEXT,
  SpanKind,
  TraceFlags,
  type Attributes,
  type SpanContext,
  type TraceState,
} from '@opentelemetry/api';
import type { Generation } from '../pipeline/generations/generation.js';
import { newSpanId, newTraceId } from '../tracing/ids.js';
import { RecordingSpan } from '../tracing/recording-span.js';
import type { CompiledHttpOptions } from './instance-view.js';
import type { RequestDescription } from './request-description.js';
import { LIBRARY_SCOPE } from '../base/version.js';

const UNDECIDED: SpanContext = { traceId: '', spanId: '', traceFlags: 0 };

/**
 * The span of a request. It exists from the request's first byte, while instance, route and sampling
 * decision are found later.
 *
 * It accepts attributes and events from the start. If code asks for its span context before the route is
 * known, such as middleware that starts a child, the decision is made at that moment. With tenants, the
 * first such call after the route is known also chooses the tenant's pipeline.
 */
export class ServerSpan extends RecordingSpan {
  constructor(
    generation: Generation,
    method: string,
    /**
     * The request's trace; released once all is decided, since exporters keep spans and must not keep
     * requests.
     */
    private decider: { fixIdsNow(): void } | undefined,
  ) {
    super(generation, LIBRARY_SCOPE, method, SpanKind.SERVER, UNDECIDED, undefined, {});
  }

  get decided(): boolean {
    return this.context !== UNDECIDED;
  }

  /** Returns the trace id, if it is fixed, without deciding anything. */
  get traceId(): string {
    return this.context.traceId;
  }

  override spanContext(): SpanContext {
    this.decider?.fixIdsNow();
    return this.context;
  }

  /** Fixes the ids and the sampling decision for a span with its own id in a trace. */
  joinTrace(
    traceId: string,
    sampled: boolean,
    traceState: TraceState | undefined,
    parent: SpanContext | undefined,
  ): void {
    const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
    const context: SpanContext = { traceId, spanId: newSpanId(), traceFlags };
    if (traceState !== undefined) context.traceState = traceState;
    this.fixContext(context, parent);
  }

  /** Fixes the ids and the sampling decision. */
  fixContext(context: SpanContext, parent: SpanContext | undefined): void {
    this.context = context;
    if (parent !== undefined) this.parentSpanContext = parent;
  }

  /** Replaces the sampling decision, for a tenant's pipeline that was not known earlier. */
  resample(sampled: boolean): void {
    this.context.traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  }

  /** Releases the request, after instance, route and pipeline are known. */
  releaseRequest(): void {
    this.decider = undefined;
  }

  /**
   * Moves the span to the generation that will export it, with the attributes set so far.
   * @param said - attributes from the caller's baggage, over which the request's own win
   */
  enterGeneration(
    generation: Generation,
    request: RequestDescription,
    http: CompiledHttpOptions,
    said: Attributes | undefined,
  ): void {
    this.generation = generation;
    this.name = request.spanName;
    const fixed = request.fixedAttributes(said);
    const own = fixed === undefined ? request.attributes(http) : request.ownAttributes(http);
    this.putUnder(fixed, said === undefined ? own : { ...said, ...own });
  }

  /**
   * Makes the span record nothing, since the instance traces no requests. Spans below are roots, or
   * children of the caller's span.
   */
  stepAside(caller: SpanContext | undefined): void {
    if (!this.decided) this.fixContext(caller ?? INVALID_SPAN_CONTEXT, undefined);
    this.recordNothing();
  }

  /** Excludes the request from tracing, including all spans below. */
  exclude(parentOf: () => SpanContext | undefined): void {
    if (!this.decided) {
      const parent = parentOf();
      this.joinTrace(parent?.traceId ?? newTraceId(), false, parent?.traceState, undefined);
    }
    this.recordNothing();
  }

  /** Makes the span record and export nothing. */
  recordNothing(): void {
    this.ended = true;
    this.attributes = {};
  }
}
