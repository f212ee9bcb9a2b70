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
import { tracesRequests, type CompiledHttpOptions, type InstanceView } from './instance-view.js';
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

/** The states of a request, which only moves forward through them; `server-span.ts` has the drawing. */
const State = { OPEN: 0, BOUND: 1, SETTLED: 2, CLOSED: 3 } as const;

/**
 * One request on its way through the app. It begins when the server emits it, is bound to the instance that
 * covers its route (at the end, if it reached no route), and ends when the response closes.
 */
export class RequestTrace implements Entry, StreamedRequest {
  readonly span: ServerSpan;
  readonly context: FlowContext;
  /** The framework's own request, if it wraps Node's. */
  frameworkRequest: FrameworkRequest | undefined;
  excluded = false;
  sse: SseRoute | undefined;
  stream: StreamTrace | undefined;
  source: BodySource | undefined;
  ending = false;
  /** Set if no route serves the request; a middleware's pattern is not a route. */
  unrouted = false;
  graphql: GraphqlOperation | undefined;
  /** The instance that the span belongs to, once it is known. */
  instance: InstanceView | undefined;
  /** The measurement; absent while metrics are off. */
  measurement: RequestMeasurement | undefined;
  private readonly inbound: InboundContext;
  readonly description: RequestDescription;
  private state: (typeof State)[keyof typeof State] = State.OPEN;
  private sampling: SamplingResult | undefined;
  private error: unknown;

  constructor(
    readonly request: RawRequest,
    readonly response: RawResponse,
    /** The instance that the request belongs to until its route is known. */
    private readonly fallback: InstanceView | undefined,
    /** The generation that counts the span until its own is known. */
    private readonly provisional: Generation,
    readonly streams: StreamRegistry,
    private readonly endpoints: MountedEndpoints,
  ) {
    this.inbound = new InboundContext(request, provisional.pipeline.propagation);
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

  get closed(): boolean {
    return this.state === State.CLOSED;
  }

  get pipeline(): Pipeline | undefined {
    return (this.state === State.OPEN ? this.fallback : this.instance)?.pipeline;
  }

  private get instanceOrFallback(): InstanceView | undefined {
    return this.instance ?? this.fallback;
  }

  /**
   * Binds the request to the instance that covers its handler; the first call wins.
   * @param request - the framework's request, for choosing a tenant
   */
  bindToInstance(instance: InstanceView | undefined, match: RouteMatch, request: FrameworkRequest): void {
    if (this.state !== State.OPEN) return;
    this.state = State.BOUND;
    this.instance = instance;
    this.description.arrived(match, (this.frameworkRequest ??= request));
    if (instance !== undefined) this.inbound.readFor(instance.pipeline.propagation, this.flow);
    // A later guard may set the user and so the tenant; the first child, or the end, asks for its pipeline.
    if (instance?.pipeline.tenants === undefined) {
      this.settleSpan();
      return;
    }
    this.description.readForwarded();
    if (tracesRequests(instance)) this.tellTraceId(instance);
  }

  /** Shows entries that were set after the span had begun. */
  baggageChanged(): void {
    const attributes = this.state >= State.SETTLED ? this.inbound.newAttributes(this.flow) : undefined;
    if (attributes !== undefined) this.span.setAttributes(attributes);
  }

  /** Fixes the ids, for code that asks for the span context. */
  fixIdsNow(): void {
    if (this.state === State.OPEN) this.fixIdsByPath();
    else this.settleSpan();
  }

  private settleSpan(): void {
    if (this.state >= State.SETTLED) return;
    this.state = State.SETTLED;
    this.becomeSpan(this.instance);
    this.span.releaseRequest();
    this.provisional.release();
  }

  private measure(meter: RequestMeter | undefined): void {
    if (this.measurement !== undefined) this.measurement.moveTo(meter);
    else if (meter !== undefined) this.measurement = new RequestMeasurement(this, this.description, meter);
  }

  /** Decides the span's outcome: recorded in its instance's or tenant's pipeline, or not recorded. */
  private becomeSpan(instance: InstanceView | undefined): void {
    const generation = instance && this.generationIn(instance.pipeline);
    const http = instance?.http;
    const covered = this.coveredBy(http);
    this.measure(covered ? instance?.requestMeter : undefined);
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
    this.fixIds(instance, generation);
    if (this.sampling?.decision === SamplingDecision.NOT_RECORD) {
      span.recordNothing();
    } else {
      span.enterGeneration(generation, this.description, http, this.inbound.attributes(this.flow));
      if (this.sampling?.attributes !== undefined) span.setAttributes(this.sampling.attributes);
      generation.startSpan(span, this.context);
      callHook('requestHook', http, this, this.pipeline?.log);
    }
    this.tellTraceId(instance);
  }

  private coveredBy(http: CompiledHttpOptions | undefined): boolean {
    return !this.excluded && http !== undefined && this.description.isCoveredBy(http);
  }

  /** Stores the error of a guard, pipe, handler or router. The response decides whether it is a failure. */
  fail(error: unknown): void {
    this.error = error;
    this.stream?.failed(error);
    this.bindWithoutHandler();
  }

  /** Ends the span when the response has closed. */
  end(): void {
    this.bindWithoutHandler();
    this.settleSpan();
    this.state = State.CLOSED;
    entryEnded(this);
    const { span, request, response, stream, error, graphql } = this;
    this.stream = undefined;
    stream?.finish();
    this.measurement?.finish(this.description.match?.route, error, stream, graphql);
    if (!span.isRecording() || this.instance === undefined) return;
    const { http, pipeline } = this.instance;
    recordOutcome(span, { request, response, error, stream, graphql }, http);
    if (http !== undefined) callHook('responseHook', http, this, pipeline.log);
    span.end();
  }

  /**
   * Binds a request without a single handler: it reached no route, or it serves a GraphQL query.
   * @param instance - the nearest instance; one that traces no requests leaves them to the fallback
   */
  bindWithoutHandler(instance?: InstanceView): void {
    if (this.state !== State.OPEN) return;
    const framework = this.frameworkRequest ?? (this.request as FrameworkRequest);
    const match = new RouteMatch(this.unrouted ? undefined : routeWithoutHandler(framework, this.endpoints));
    this.bindToInstance(tracesRequests(instance) ? instance : this.fallback, match, framework);
  }

  private attributes(http: CompiledHttpOptions): Attributes {
    return { ...this.inbound.attributes(this.flow), ...this.description.attributes(http) };
  }

  get spanName(): string {
    return this.description.spanName;
  }

  /** Fixes the ids before the route is known, by the path alone. */
  private fixIdsByPath(): void {
    if (this.span.decided) return;
    const http = this.fallback?.http;
    if (http !== undefined && !this.description.isAdmittedBy(http)) this.exclude();
    else this.fixIds(this.fallback, this.fallback && this.ownGeneration(this.fallback.pipeline));
  }

  /** Fixes ids and sampling by the first instance that needs them. Tenants sample by their own rules. */
  private fixIds(instance: InstanceView | undefined, generation: Generation | undefined): void {
    if (this.span.decided) {
      if (generation !== this.provisional) this.sampleAgain(instance, generation);
      return;
    }
    const http = instance?.http;
    const caller = this.inbound.caller;
    const parent = this.trustedParent(http);
    const traceId = parent?.traceId ?? newTraceId();
    const sampling = generation?.enabled === true ? this.sample(generation, http, parent, traceId) : KEEP;
    this.sampling = sampling;
    const sampled = sampling.decision === SamplingDecision.RECORD_AND_SAMPLED;
    this.span.joinTrace(traceId, sampled, sampling.traceState ?? parent?.traceState, parent);
    if (caller !== undefined && parent === undefined) this.span.addLink({ context: caller });
  }

  private sampleAgain(instance: InstanceView | undefined, generation: Generation | undefined): void {
    if (instance?.pipeline.tenants === undefined || generation === undefined) return;
    const { span } = this;
    const { traceId } = span.spanContext();
    this.sampling = this.sample(generation, instance.http, span.parentSpanContext, traceId);
    span.resample(this.sampling.decision === SamplingDecision.RECORD_AND_SAMPLED);
  }

  private trustedParent(http: CompiledHttpOptions | undefined): SpanContext | undefined {
    const { caller } = this.inbound;
    return caller !== undefined && trustsCaller(http, this.request, this.pipeline?.log) ? caller : undefined;
  }

  /** Returns the tenant's generation, else the one that was current when the request began. */
  private generationIn(pipeline: Pipeline): Generation | undefined {
    return pipeline.tenants?.forEntry(this) ?? this.ownGeneration(pipeline);
  }

  private ownGeneration(pipeline: Pipeline): Generation | undefined {
    const { provisional } = this;
    return provisional.pipeline === pipeline && !provisional.closed ? provisional : pipeline.current;
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

  /** Excludes the request; the work in it is not traced either. */
  private exclude(): void {
    this.excluded = true;
    this.span.exclude(() => this.trustedParent(this.instanceOrFallback?.http));
  }

  /**
   * Sets the header with the trace id early, since the response may be sent before a tenant's pipeline is
   * known.
   */
  private tellTraceId(instance: InstanceView | undefined): void {
    const { span, response } = this;
    const header = instance?.http?.traceIdHeader;
    if (header === undefined || response.headersSent || !this.coveredBy(instance?.http)) return;
    if (!span.decided) this.fixIds(instance, instance && this.ownGeneration(instance.pipeline));
    response.setHeader(header, span.traceId);
  }
}
