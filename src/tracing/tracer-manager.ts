import {
  isSpanContextValid,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { ReadableSpan } from '../sdk/readable-span.js';
import type { ExporterOption, TracerConfig } from '../config/tracer-config.js';
import { activeContext, type FlowPipeline } from '../context/flow-context.js';
import { contextFrom, type Carrier } from '../context/propagation.js';
import { finishedSpans } from '../pipeline/exporters/memory-sink.js';
import type { OverrideHandle, OverrideOptions } from '../pipeline/generations/overrides.js';
import type { ReconfigureReport } from '../pipeline/generations/config-change.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { TelemetryStatus } from '../pipeline/telemetry-status.js';
import type { VerifyExportResult } from '../pipeline/verify-export.js';
import { callInSpan, type CallDetails } from './call-in-span.js';
import { addCheckpoint } from './checkpoint.js';
import { runWithAttributes, type FlowAttributes } from './flow-attributes.js';
import type { TelemetryFeatureOptions } from './feature-options.js';
import { generationFor, type InstanceTracer } from './instance-tracer.js';
import { liveConfig } from './live-config.js';
import { NamedTracers } from './named-tracers.js';
import { contextBelow, type SpanOptions } from './span-options.js';
import { runInFlow, runTowards } from './run-in-flow.js';
import { runTraced } from './run-traced.js';

const NO_OPTIONS: SpanOptions = {};

/** The first manager of each pipeline, which belongs to the instance itself. */
const managers = new WeakMap<FlowPipeline, TracerManager>();

/** Returns the manager of a pipeline's instance. */
export function managerOfPipeline(pipeline: FlowPipeline): TracerManager | undefined {
  return managers.get(pipeline);
}

/**
 * Creates spans for a module's services, propagates their context and controls the live configuration.
 *
 * Inject it. It always exists; while telemetry is off, its spans are no-ops.
 */
export class TracerManager {
  private readonly tracers: NamedTracers;
  /** The tracer for spans whose code names no scope. @internal */
  readonly defaultTracer: InstanceTracer;

  /** @internal */
  constructor(
    /** @internal */
    readonly pipeline: Pipeline,
    defaults: TelemetryFeatureOptions = {},
    private readonly shutdownTimeoutMillis = 2500,
  ) {
    this.tracers = new NamedTracers(pipeline, defaults.attributes);
    this.defaultTracer = this.tracers.get(defaults.tracer);
    if (!managers.has(pipeline)) managers.set(pipeline, this);
  }

  /**
   * Returns a tracer with the OpenTelemetry API. It follows every reconfiguration, so it can be kept.
   *
   * @param name - the instrumentation scope; default: the module's own
   */
  getTracer(name?: string, version?: string): Tracer {
    return name === undefined ? this.defaultTracer : this.tracers.get(name, version);
  }

  /** Runs `fn` in a new active span, which ends when the result is complete or fails. */
  withSpan<T>(name: string, fn: (span: Span) => T): T;
  /** Runs `fn` in a new active span with options; the span ends when the result is complete or fails. */
  withSpan<T>(name: string, options: SpanOptions | null | undefined, fn: (span: Span) => T): T;
  /** Runs a function in a span, with details that only this library supplies. @internal */
  withSpan<T>(name: string, options: SpanOptions, fn: (span: Span) => T, details: CallDetails): T;
  withSpan<T>(
    name: string,
    optionsOrFn: SpanOptions | null | undefined | ((span: Span) => T),
    fn?: (span: Span) => T,
    details?: CallDetails,
  ): T {
    const options = typeof optionsOrFn === 'function' ? NO_OPTIONS : (optionsOrFn ?? NO_OPTIONS);
    const run = typeof optionsOrFn === 'function' ? optionsOrFn : (fn as (span: Span) => T);
    const { parent } = options;
    const context = contextBelow(parent);
    return callInSpan(this.defaultTracer, name, options, context, parent === undefined, run, details);
  }

  /** Runs a script as a root span; its result is returned after all recorded spans are delivered. */
  runTraced<T>(name: string, fn: (span: Span) => T | Promise<T>): Promise<T> {
    return runTraced(this.defaultTracer, name, fn, () => this.forceFlush());
  }

  /** Starts a child of the active span without activating it. The caller must end it. */
  startSpan(name: string, options?: SpanOptions | null): Span {
    return this.defaultTracer.start(name, options ?? NO_OPTIONS, contextBelow(options?.parent));
  }

  /** Runs `fn` with attributes for every span that starts in it. A span's own attributes win. */
  withAttributes<T>(attributes: FlowAttributes, fn: () => T): T {
    return runWithAttributes(attributes, fn, this.pipeline.log);
  }

  /** Returns the attributes that {@link withAttributes} adds to spans that start here. */
  flowAttributes(): Attributes {
    return { ...activeContext().flow?.attributes };
  }

  /**
   * Runs `fn` without tracing: no instance creates spans in it, and {@link inject} writes no trace context.
   * The active span stays the same.
   */
  withoutTracing<T>(fn: () => T): T {
    return runInFlow(activeContext().withSuppression(), fn, this.pipeline.log);
  }

  /**
   * Records progress as an event of the active span if `debugEvents` is on; almost free if it is off.
   *
   * @param attributes - the event's attributes; a function is called only if the event is recorded
   * @param options - `every: n` records the first of every n calls with this name in a span; default 1
   */
  checkpoint(
    name: string,
    attributes: Attributes | (() => Attributes) = {},
    options: { readonly every?: number } = {},
  ): void {
    if (this.settings()?.debugEvents !== true) return;
    addCheckpoint(name, attributes, options, this.pipeline.log);
  }

  /**
   * Returns the settings for spans that start here, for code that creates its own spans; absent if
   * telemetry is off.
   */
  settings():
    | Pick<
        Required<TracerConfig>,
        'includeInputOutput' | 'debugEvents' | 'traceLlmCalls' | 'traceHttpRequests' | 'workflowPrefix'
      >
    | undefined {
    const generation = generationFor(this.pipeline, activeContext());
    return generation?.enabled === true ? generation.config : undefined;
  }

  /** Returns the active span, of any instance; absent outside of every flow. */
  activeSpan(): Span | undefined {
    return activeContext().span;
  }

  /** Returns the active trace's id, 32 hex digits; absent outside of every trace. */
  currentTraceId(): string | undefined {
    const spanContext = activeContext().span?.spanContext();
    return spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext.traceId : undefined;
  }

  /**
   * Writes trace context and baggage into a carrier, such as request headers, message properties or job
   * data, in the formats of `propagation.propagators`.
   *
   * **Gotchas** An explicit call ignores the lists of hosts. Do not use it for receivers that must not see
   * the baggage.
   *
   * @returns the carrier
   */
  inject<C extends Carrier>(carrier: C): C {
    this.pipeline.propagation.inject(activeContext(), carrier);
    return carrier;
  }

  /**
   * Reads the carrier of a received message or request.
   *
   * @returns the context, for use as `parent`
   */
  extract(carrier: Carrier): Context;
  /**
   * Reads the carrier of a received message or request, and runs `fn` as a continuation of its trace.
   * @returns the result of `fn`
   */
  extract<T>(carrier: Carrier, fn: () => T): T;
  extract<T>(carrier: Carrier, fn?: () => T): Context | T {
    const context = contextFrom(this.pipeline.propagation.extract(carrier));
    return fn === undefined ? context : runInFlow(context, fn, this.pipeline.log);
  }

  /**
   * Replaces the configuration once the new one is built; running spans finish in the old one.
   *
   * @throws TelemetryConfigError if the configuration is invalid; nothing has changed then
   */
  configure(config: TracerConfig): Promise<ReconfigureReport> {
    return this.pipeline.configure(config);
  }

  /**
   * Merges a change into the configuration, or derives the next configuration from the current one.
   *
   * @throws TelemetryConfigError if the configuration is invalid; nothing has changed then
   */
  reconfigure(change: TracerConfig | ((current: TracerConfig) => TracerConfig)): Promise<ReconfigureReport> {
    return this.pipeline.reconfigure(change);
  }

  /**
   * Runs `fn` under a changed configuration, which applies to this async flow alone, including streams that
   * `fn` returns. Nested and concurrent flows are independent.
   *
   * An exporter given as an instance is flushed but never shut down, since it belongs to the caller.
   *
   * @param change - a partial configuration, merged into the flow's current one
   * @throws TelemetryConfigError if the configuration is invalid; `fn` did not run then
   */
  withTemporaryConfig<T>(change: TracerConfig, fn: () => T): T {
    const base = generationFor(this.pipeline, activeContext())?.given ?? this.pipeline.given;
    return runTowards(this.pipeline, this.pipeline.temporary.target(base, change), fn);
  }

  /**
   * Runs `fn` in a flow of a tenant: its spans go to the tenant's pipeline. Without the option `tenants`,
   * `fn` just runs.
   */
  withTenant<T>(key: string, fn: () => T): T {
    const { tenants } = this.pipeline;
    return tenants === undefined ? fn() : runTowards(this.pipeline, tenants.target(key), fn);
  }

  /**
   * Changes the configuration for a limited time, for all flows or for one tenant. {@link status} shows it,
   * and it reverts automatically. A later `configure`, `reconfigure` or `shutdown` ends it, too.
   *
   * @throws TelemetryConfigError if the configuration is invalid; nothing has changed then
   */
  override(change: TracerConfig, options: OverrideOptions): Promise<OverrideHandle> {
    return this.pipeline.override(change, options);
  }

  /**
   * Sends one marked span over a new connection and reports the result with a remedy. Changes nothing. For
   * Arize it tries both header styles and recommends the working one.
   *
   * @param change - a partial configuration, merged into the current one
   * @throws TelemetryConfigError if the configuration is invalid
   */
  verifyExport(change: TracerConfig = {}): Promise<VerifyExportResult> {
    return this.pipeline.verify(change);
  }

  /** Adds an exporter to the configured ones. @throws TelemetryConfigError if it cannot be built */
  addExporter(exporter: ExporterOption): Promise<void> {
    return this.pipeline.addExporter(exporter);
  }

  /** Whether spans are created here: the instance is configured, running, and enabled for this flow. */
  isEnabled(): boolean {
    if (this.pipeline.current?.enabled === true) return true;
    return activeContext().flow !== undefined && this.settings() !== undefined;
  }

  /** Returns a manager of the same pipeline with another module's names. */
  withDefaults(defaults: TelemetryFeatureOptions): TracerManager {
    return new TracerManager(this.pipeline, defaults, this.shutdownTimeoutMillis);
  }

  /** Whether the instance is configured and not shut down. */
  isConfigured(): boolean {
    return this.pipeline.current !== undefined;
  }

  /**
   * Returns the live configuration with overrides. It may contain credentials: print it with
   * `redactConfig`.
   */
  config(): TracerConfig {
    return this.pipeline.current?.given ?? this.pipeline.given;
  }

  /** Returns the counts of recorded, delivered, dropped and waiting spans per exporter, without secrets. */
  status(): TelemetryStatus {
    return { ...this.pipeline.status(), ...liveConfig(this.pipeline, activeContext()) };
  }

  /** Returns the spans that `memory` exporters hold, oldest first. */
  finishedSpans(): ReadableSpan[] {
    return finishedSpans(this.pipeline.pool.sinks());
  }

  /**
   * Resolves when every ended span is delivered or dropped, at the latest after
   * `batch.exportTimeoutMillis`.
   */
  forceFlush(): Promise<void> {
    return this.pipeline.forceFlush();
  }

  /** Delivers pending spans and closes, within `shutdown.timeoutMillis`. A later `configure` works again. */
  shutdown(): Promise<void> {
    return this.pipeline.shutdown(this.shutdownTimeoutMillis);
  }
}
