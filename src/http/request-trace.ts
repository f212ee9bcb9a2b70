import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import { SamplingDecision, type SamplingResult } from '../sdk/sampler.js';
import { Flow, FlowContext, type Entry } from '../context/flow-context.js';
import { entryEnded } from '../context/entry-end.js';
import type { Generation } from '../pipeline/generations/generation.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { KEEP } from '../pipeline/sampling/sampling-decision.js';
import { newTraceId } from '../tracing/ids.js';
import { routeWithoutHandler, type FrameworkRequest, type MountedEndpoints } from './framework-request.js';
import type { GraphqlOperation } from './graphql-operation.js';
import { callHook, trustsCaller } from './http-hooks.js';
import type { RawRequest, RawResponse } from './http-options.js';
import { InboundContext } from './inbound-context.js';
import { tracesRequests, type CompiledHttpOptions, type HttpScope } from './http-scope.js';
import { RequestMeasurement } from './request-measurement.js';
import type { RequestMeter } from '../tracing/request-meter.js';
import { recordOutcome } from './request-outcome.js';
import { RequestDescription } from './request-description.js';
import { RouteMatch } from './route-match.js';
import { ServerSpan } from './server-span.js';
import type { SseRoute } from './stream-options.js';
import type { BodySource, StreamedRequest, StreamRegistry, StreamTrace } from './stream-trace.js';

const NO_ATTRIBUTES: Attributes = {};
const NO_LINKS: Link[] = [];

/** How far a request has come; `server-span.ts` has the drawing. */
const State = { OPEN: 0, BOUND: 1, SETTLED: 2, CLOSED: 3 } as const;

/**
 * One request on its way through the app: begun when the server emits it, bound to the instance that owns its
 * route by a guard (or at the end, if no guard ran), ended when the response closes.
 */
export class RequestTrace implements Entry, StreamedRequest {
  readonly span: ServerSpan;
  readonly context: FlowContext;
  /** The framework's own, where it wraps the server's. */
  frameworkRequest: FrameworkRequest | undefined;
  excluded = false;
  sse: SseRoute | undefined;
  stream: StreamTrace | undefined;
  source: BodySource | undefined;
  ending = false;
  /** Set where no route answers: a middleware's pattern is not a route. */
  unrouted = false;
  graphql: GraphqlOperation | undefined;
  /** The instance that the span belongs to, once known. */
  scope: HttpScope | undefined;
  /** Set while metrics are on. */
  measurement: RequestMeasurement | undefined;
  private readonly inbound: InboundContext;
  private readonly description: RequestDescription;
  private state: (typeof State)[keyof typeof State] = State.OPEN;
  private sampling: SamplingResult | undefined;
  private error: unknown;

  constructor(
    readonly request: RawRequest,
    readonly response: RawResponse,
    /** Owns the request as long as no route says otherwise. */
    private readonly fallback: HttpScope | undefined,
    /** Counts the span until its own generation is known. */
    private readonly provisional: Generation,
    readonly streams: StreamRegistry,
    private readonly endpoints: MountedEndpoints,
  ) {
    this.inbound = new InboundContext(request, (provisional.owner as Pipeline).propagation);
    this.description = new RequestDescription(request);
    provisional.adopt();
    this.span = new ServerSpan(provisional, this.spanName, this);
    this.measure(fallback?.requestMeter);
    this.context = new FlowContext(this.span, new Flow(this, this.inbound.baggage, undefined, undefined));
  }

  get flow(): Flow {
    return this.context.flow as Flow;
  }

  get subject(): unknown {
    return this.frameworkRequest ?? this.request;
  }

  get serverless(): boolean {
    return this.description.serverless;
  }

  get closed(): boolean {
    return this.state === State.CLOSED;
  }

  get pipeline(): Pipeline | undefined {
    return (this.state === State.OPEN ? this.fallback : this.scope)?.pipeline;
  }

  private get scopeOrFallback(): HttpScope | undefined {
    return this.scope ?? this.fallback;
  }

  /**
   * Gives the request to the instance that covers its handler; the first call counts.
   * @param request - the framework's, for those who choose a tenant by it
   */
  bind(scope: HttpScope | undefined, match: RouteMatch, request: FrameworkRequest): void {
    if (this.state !== State.OPEN) return;
    this.state = State.BOUND;
    this.scope = scope;
    this.description.arrived(match, (this.frameworkRequest ??= request));
    if (scope !== undefined) this.inbound.readFor(scope.pipeline.propagation, this.flow);
    // Later guards may tell who the tenant is: the first child, or the end, asks for its pipeline.
    if (scope?.pipeline.tenants === undefined) {
      this.settle();
      return;
    }
    this.description.readForwarded();
    if (tracesRequests(scope)) this.tellTraceId(scope);
  }

  /** Shows entries that were set after the span had begun. */
  baggageChanged(): void {
    const attributes = this.state >= State.SETTLED ? this.inbound.newAttributes(this.flow) : undefined;
    if (attributes !== undefined) this.span.setAttributes(attributes);
  }

  /** Fixes the ids, for code that asks for the span context. */
  decideNow(): void {
    if (this.state === State.OPEN) this.decideEarly();
    else this.settle();
  }

  private settle(): void {
    if (this.state >= State.SETTLED) return;
    this.state = State.SETTLED;
    this.choose(this.scope);
    this.span.close();
    this.provisional.release();
  }

  private measure(meter: RequestMeter | undefined): void {
    if (this.measurement !== undefined) this.measurement.moveTo(meter);
    else if (meter !== undefined) this.measurement = new RequestMeasurement(this, this.description, meter);
  }

  /** Decides what the span becomes: recorded for its owner's or its tenant's pipeline, or nothing. */
  private choose(scope: HttpScope | undefined): void {
    const generation = scope && this.generationIn(scope.pipeline);
    const http = scope?.http;
    const covered = this.coveredBy(http);
    this.measure(covered ? scope?.requestMeter : undefined);
    this.measurement?.own();
    if (generation !== undefined) this.span.generation = generation;
    if (generation?.enabled !== true || http === undefined) {
      this.span.stepAside(this.inbound.caller);
      return;
    }
    if (!covered) {
      this.exclude();
      return;
    }
    const { span } = this;
    this.decide(scope, generation);
    if (this.sampling?.decision === SamplingDecision.NOT_RECORD) {
      span.discard();
    } else {
      span.bind(generation, this.spanName, this.attributes(http));
      if (this.sampling?.attributes !== undefined) span.setAttributes(this.sampling.attributes);
      generation.startSpan(span, this.context);
      callHook('requestHook', http, this, this.pipeline?.log);
    }
    this.tellTraceId(scope);
  }

  private coveredBy(http: CompiledHttpOptions | undefined): boolean {
    return !this.excluded && http !== undefined && this.description.isCoveredBy(http);
  }

  /** Notes what guard, pipe, handler or router threw; whether it is a fault is known when the response is. */
  fail(error: unknown): void {
    this.error = error;
    this.stream?.failed(error);
    this.bindWithoutHandler();
  }

  /** The response has closed: everything about it is known. */
  end(): void {
    this.bindWithoutHandler();
    this.settle();
    this.state = State.CLOSED;
    entryEnded(this);
    const { span, request, response, stream, error, graphql } = this;
    this.stream = undefined;
    stream?.finish();
    this.measurement?.finish(this.description.match?.route, error, stream, graphql);
    if (!span.isRecording() || this.scope === undefined) return;
    const { http, pipeline } = this.scope;
    recordOutcome(span, { request, response, error, stream, graphql }, http);
    if (http !== undefined) callHook('responseHook', http, this, pipeline.log);
    span.end();
  }

  /**
   * Binds a request without one handler: it ended before a guard ran, or it serves a GraphQL query.
   * @param scope - the nearest instance; one that traces no requests leaves them to the fallback
   */
  bindWithoutHandler(scope?: HttpScope): void {
    if (this.state !== State.OPEN) return;
    const framework = this.frameworkRequest ?? (this.request as FrameworkRequest);
    const match = new RouteMatch(this.unrouted ? undefined : routeWithoutHandler(framework, this.endpoints));
    this.bind(tracesRequests(scope) ? scope : this.fallback, match, framework);
  }

  private attributes(http: CompiledHttpOptions): Attributes {
    const attributes = this.description.attributes(http);
    const inbound = this.inbound.attributes(this.flow);
    return inbound === undefined ? attributes : { ...inbound, ...attributes };
  }

  get spanName(): string {
    return this.description.spanName;
  }

  /** Fixes the ids before the route is known, by the path alone. */
  private decideEarly(): void {
    if (this.span.decided) return;
    const http = this.fallback?.http;
    if (http !== undefined && !this.description.isAdmittedBy(http)) this.exclude();
    else this.decide(this.fallback, this.fallback && this.ownGeneration(this.fallback.pipeline));
  }

  /** Fixes ids and sampling, by the first scope that needs them; tenants sample by their own rules. */
  private decide(scope: HttpScope | undefined, generation: Generation | undefined): void {
    if (this.span.decided) {
      if (generation !== this.provisional) this.sampleAgain(scope, generation);
      return;
    }
    const http = scope?.http;
    const caller = this.inbound.caller;
    const parent = this.trustedParent(http);
    const traceId = parent?.traceId ?? newTraceId();
    const sampling = generation?.enabled === true ? this.sample(generation, http, parent, traceId) : KEEP;
    this.sampling = sampling;
    const sampled = sampling.decision === SamplingDecision.RECORD_AND_SAMPLED;
    this.span.join(traceId, sampled, sampling.traceState ?? parent?.traceState, parent);
    if (caller !== undefined && parent === undefined) this.span.addLink({ context: caller });
  }

  private sampleAgain(scope: HttpScope | undefined, generation: Generation | undefined): void {
    if (scope?.pipeline.tenants === undefined || generation === undefined) return;
    const { span } = this;
    const { traceId } = span.spanContext();
    this.sampling = this.sample(generation, scope.http, span.parentSpanContext, traceId);
    span.resample(this.sampling.decision === SamplingDecision.RECORD_AND_SAMPLED);
  }

  private trustedParent(http: CompiledHttpOptions | undefined): SpanContext | undefined {
    const { caller } = this.inbound;
    return caller !== undefined && trustsCaller(http, this.request, this.pipeline?.log) ? caller : undefined;
  }

  /** The tenant's generation, else the one that was current when the request began. */
  private generationIn(pipeline: Pipeline): Generation | undefined {
    return pipeline.tenants?.forEntry(this) ?? this.ownGeneration(pipeline);
  }

  private ownGeneration(pipeline: Pipeline): Generation | undefined {
    const { provisional } = this;
    return provisional.owner === pipeline && !provisional.closed ? provisional : pipeline.current;
  }

  private sample(
    generation: Generation,
    http: CompiledHttpOptions | undefined,
    parent: SpanContext | undefined,
    traceId: string,
  ): SamplingResult {
    const { sampler } = generation;
    const { context, spanName, span } = this;
    if (!sampler.needsAttributes)
      return sampler.sample(parent, context, traceId, spanName, span.kind, NO_ATTRIBUTES, NO_LINKS);
    const attributes = http === undefined ? {} : this.attributes(http);
    return sampler.sample(parent, context.withParent(parent), traceId, spanName, span.kind, attributes, []);
  }

  /** The route is excluded: nothing below it is traced either. */
  private exclude(): void {
    this.excluded = true;
    this.span.leaveOut(() => this.trustedParent(this.scopeOrFallback?.http));
  }

  /** The answer may be on its way before a tenant's pipeline is known: the trace id does not wait for it. */
  private tellTraceId(scope: HttpScope | undefined): void {
    const { span, response } = this;
    const header = scope?.http?.traceIdHeader;
    if (header === undefined || response.headersSent || !this.coveredBy(scope?.http)) return;
    if (!span.decided) this.decide(scope, scope && this.ownGeneration(scope.pipeline));
    response.setHeader(header, span.traceId);
  }
}
