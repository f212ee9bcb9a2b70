import {
  isSpanContextValid,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { ReadableSpan } from '../sdk/readable-span.js';
import type { ExporterOption, TracerConfig } from '../config/tracer-config.js';
import { activeContext } from '../context/flow-context.js';
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
import { contextOf, type SpanOptions } from './span-options.js';
import { runInFlow, runTowards } from './run-in-flow.js';
import { runTraced } from './run-traced.js';

const NO_OPTIONS: SpanOptions = {};

/** The first manager of each pipeline, which is the instance's own. */
const managers = new WeakMap<object, TracerManager>();

/** The manager of the instance whose pipeline it is. */
export function managerOfPipeline(pipeline: object): TracerManager | undefined {
  return managers.get(pipeline);
}

/**
 * Everything a service does with traces of its module: spans, propagation and the life of the configuration.
 *
 * Inject it. It is never absent and nothing in it throws because telemetry is off: spans are then no-ops.
 */
export class TracerManager {
  private readonly tracers: NamedTracers;
  private readonly defaultTracer: InstanceTracer;

  /** @internal */
  constructor(
    private readonly pipeline: Pipeline,
    defaults: TelemetryFeatureOptions = {},
    private readonly shutdownTimeoutMillis = 2500,
  ) {
    this.tracers = new NamedTracers(pipeline, defaults.attributes);
    this.defaultTracer = this.tracers.get(defaults.tracer);
    if (!managers.has(pipeline)) managers.set(pipeline, this);
  }

  /**
   * A tracer for code that wants the OpenTelemetry API. It follows every reconfiguration, so
   * keep it as long as you like.
   *
   * @param name - instrumentation scope; default the module's own
   */
  getTracer(name?: string, version?: string): Tracer {
    return name === undefined ? this.defaultTracer : this.tracers.get(name, version);
  }

  /** Runs `fn` in a new active span that ends when the result is there, failed results included. */
  withSpan<T>(name: string, fn: (span: Span) => T): T;
  /** Runs `fn` in a new active span with these options. */
  withSpan<T>(name: string, options: SpanOptions | null | undefined, fn: (span: Span) => T): T;
  /** @internal */
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
    const context = contextOf(parent);
    return callInSpan(this.defaultTracer, name, options, context, parent === undefined, run, details);
  }

  /**
   * Runs a script or a command as a root span; its result, or error, is handed on when all that
   * it recorded is delivered.
   */
  runTraced<T>(name: string, fn: (span: Span) => T | Promise<T>): Promise<T> {
    return runTraced(this.defaultTracer, name, fn, () => this.forceFlush());
  }

  /** Starts a child of the active span without activating it; end it yourself. */
  startSpan(name: string, options?: SpanOptions | null): Span {
    return this.defaultTracer.start(name, options ?? NO_OPTIONS, contextOf(options?.parent));
  }

  /** Runs `fn`, in which every span of every instance takes these attributes, unless it has its own. */
  withAttributes<T>(attributes: FlowAttributes, fn: () => T): T {
    return runWithAttributes(attributes, fn, this.pipeline.log);
  }

  /** The attributes that {@link withAttributes} puts on spans that start here. */
  flowAttributes(): Attributes {
    return { ...activeContext().flow?.attributes };
  }

  /**
   * Runs `fn`, in which no instance makes spans and {@link inject} writes no trace context; the
   * active span stays what it is.
   */
  withoutTracing<T>(fn: () => T): T {
    return runInFlow(activeContext().withSuppression(), fn, this.pipeline.log);
  }

  /**
   * Notes progress as an event of the active span, while `debugEvents` is on; costs next to
   * nothing while it is off.
   *
   * @param attributes - a function is called only when they are written
   * @param options - `every: n` writes the first of each n calls of that name within a span; default 1
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
   * The settings for spans that start here, for code that makes its own spans; absent while telemetry
   * is off.
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

  /** The span of the running code, whichever instance made it; absent outside of every flow. */
  activeSpan(): Span | undefined {
    return activeContext().span;
  }

  /** 32 hex digits; absent outside of every trace. */
  currentTraceId(): string | undefined {
    const spanContext = activeContext().span?.spanContext();
    return spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext.traceId : undefined;
  }

  /**
   * Writes trace context and baggage of the running code into a carrier, in the formats of
   * `propagation.propagators`: request headers, message properties, job data.
   *
   * **Gotchas** It is explicit, so that no list of hosts is asked; give it no carrier for a receiver that
   * must not see the baggage.
   *
   * @returns the carrier
   */
  inject<C extends Carrier>(carrier: C): C {
    this.pipeline.propagation.inject(activeContext(), carrier);
    return carrier;
  }

  /**
   * Reads a carrier that the other side filled, and runs `fn` as a continuation of its trace.
   *
   * @returns what `fn` returns, or without `fn` the context, to be given as `parent`
   */
  extract(carrier: Carrier): Context;
  /** Reads a carrier that the other side filled, and runs `fn` as a continuation of its trace. */
  extract<T>(carrier: Carrier, fn: () => T): T;
  extract<T>(carrier: Carrier, fn?: () => T): Context | T {
    const context = contextFrom(this.pipeline.propagation.extract(carrier));
    return fn === undefined ? context : runInFlow(context, fn, this.pipeline.log);
  }

  /**
   * Replaces the configuration: validates, builds, swaps, drains. Spans that are alive
   * finish where they began.
   *
   * @throws TelemetryConfigError - nothing has changed then
   */
  configure(config: TracerConfig): Promise<ReconfigureReport> {
    return this.pipeline.configure(config);
  }

  /**
   * Changes a part of the configuration, or derives the next from the current one.
   *
   * @throws TelemetryConfigError - nothing has changed then
   */
  reconfigure(change: TracerConfig | ((current: TracerConfig) => TracerConfig)): Promise<ReconfigureReport> {
    return this.pipeline.reconfigure(change);
  }

  /**
   * Runs `fn` under a changed configuration: this async flow alone, streams that it returns included, nested
   * and concurrent flows independently. Nothing has to be reverted, as no other flow's configuration changes.
   *
   * An exporter given as an instance is flushed and never shut down: it stays yours.
   *
   * @param change - partial, over what the flow has now
   * @throws TelemetryConfigError - `fn` did not run then
   */
  withTemporaryConfig<T>(change: TracerConfig, fn: () => T): T {
    const base = generationFor(this.pipeline, activeContext())?.given ?? this.pipeline.given;
    return runTowards(this.pipeline, this.pipeline.temporary.target(base, change), fn);
  }

  /**
   * Runs `fn` as a flow of that tenant's: its spans go to the tenant's pipeline. Without
   * `tenants` options it just runs.
   */
  withTenant<T>(key: string, fn: () => T): T {
    const { tenants } = this.pipeline;
    return tenants === undefined ? fn() : runTowards(this.pipeline, tenants.target(key), fn);
  }

  /**
   * Changes the configuration for a while, for all or for one tenant; it shows in {@link status} and
   * reverts by itself. A later `configure` or `reconfigure`, and `shutdown`, end it too.
   *
   * @throws TelemetryConfigError - nothing has changed then
   */
  override(change: TracerConfig, options: OverrideOptions): Promise<OverrideHandle> {
    return this.pipeline.override(change, options);
  }

  /**
   * Sends one marked span over a fresh connection and tells what came of it, with the remedy. Changes
   * nothing; for Arize it tries both header styles and recommends the one that works.
   *
   * @param change - partial, over the current configuration
   * @throws TelemetryConfigError if such a configuration could not be used at all
   */
  verifyExport(change: TracerConfig = {}): Promise<VerifyExportResult> {
    return this.pipeline.verify(change);
  }

  /** Adds an exporter beside those that are configured. @throws TelemetryConfigError if it cannot be built */
  addExporter(exporter: ExporterOption): Promise<void> {
    return this.pipeline.addExporter(exporter);
  }

  /** Whether spans are made: configured, not shut down, and `enabled` for all or for this flow. */
  isEnabled(): boolean {
    if (this.pipeline.current?.enabled === true) return true;
    return activeContext().flow !== undefined && this.settings() !== undefined;
  }

  /** A manager of this pipeline under another module's names. */
  withDefaults(defaults: TelemetryFeatureOptions): TracerManager {
    return new TracerManager(this.pipeline, defaults, this.shutdownTimeoutMillis);
  }

  /** Whether spans go somewhere: configured, not shut down. */
  isConfigured(): boolean {
    return this.pipeline.current !== undefined;
  }

  /** The live configuration, overrides included; show it through `redactConfig`: it may hold credentials. */
  config(): TracerConfig {
    return this.pipeline.current?.given ?? this.pipeline.given;
  }

  /** Counts recorded, delivered, dropped and waiting spans per exporter; contains no secret. */
  status(): TelemetryStatus {
    return { ...this.pipeline.status(), ...liveConfig(this.pipeline, activeContext()) };
  }

  /** Spans that `memory` exporters hold, oldest first. */
  finishedSpans(): ReadableSpan[] {
    return finishedSpans(this.pipeline.pool.sinks());
  }

  /**
   * Resolves when every span that has ended is delivered or counted as dropped, at the latest after
   * `batch.exportTimeoutMillis`.
   */
  forceFlush(): Promise<void> {
    return this.pipeline.forceFlush();
  }

  /** Delivers and closes within `shutdown.timeoutMillis`; tracers are no-ops until `configure`. */
  shutdown(): Promise<void> {
    return this.pipeline.shutdown(this.shutdownTimeoutMillis);
  }
}
