/*
 * The states of a request (`RequestTrace`) and what they mean for its span:
 *
 *           bindToInstance()       settleSpan()                  end()
 *   open ─────────────▶ bound ─────────────────▶ settled ──────────────────▶ ended
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
 * The span of a request, alive from its first byte on, while instance, route and sampling
 * decision are found out later.
 *
 * It takes attributes and events from the start. Code that asks for its span context before a guard knew the
 * route (a middleware that starts a child, say) makes the decision fall then. Where tenants have pipelines of
 * their own, the first code to ask after that makes the tenant's pipeline be chosen.
 */
export class ServerSpan extends RecordingSpan {
  constructor(
    generation: Generation,
    method: string,
    /** Let go once all is decided: exporters keep spans, and must not keep requests. */
    private decider: { fixIdsNow(): void } | undefined,
  ) {
    super(generation, LIBRARY_SCOPE, method, SpanKind.SERVER, UNDECIDED, undefined, {});
  }

  get decided(): boolean {
    return this.context !== UNDECIDED;
  }

  /** The trace id as far as it is fixed; asking for it decides nothing. */
  get traceId(): string {
    return this.context.traceId;
  }

  override spanContext(): SpanContext {
    this.decider?.fixIdsNow();
    return this.context;
  }

  /** Fixes the ids and the sampling decision: a span of its own in a trace. */
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

  /** Replaces the sampling decision, for the pipeline of a tenant who was not known when it fell. */
  resample(sampled: boolean): void {
    this.context.traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  }

  /** Instance, route and pipeline are known: nothing is left to decide. */
  releaseRequest(): void {
    this.decider = undefined;
  }

  /**
   * Gives the span to the generation that will export it, under the attributes that were set so far.
   * @param said - attributes that the caller's baggage stands for, under the request's own
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

  /** Records nothing, as the instance traces no requests: spans below are roots, or the caller's children. */
  stepAside(caller: SpanContext | undefined): void {
    if (!this.decided) this.fixContext(caller ?? INVALID_SPAN_CONTEXT, undefined);
    this.recordNothing();
  }

  /** Leaves the request out of tracing; spans below are left out, too. */
  exclude(parentOf: () => SpanContext | undefined): void {
    if (!this.decided) {
      const parent = parentOf();
      this.joinTrace(parent?.traceId ?? newTraceId(), false, parent?.traceState, undefined);
    }
    this.recordNothing();
  }

  /** Makes it a span that records nothing and is exported nowhere. */
  recordNothing(): void {
    this.ended = true;
    this.attributes = {};
  }
}
