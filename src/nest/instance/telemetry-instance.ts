import { Logger } from '@nestjs/common';
import type { Attributes } from '@opentelemetry/api';
import { EntryRules } from '../../entries/entry-options.js';
import type { EntryInstanceView, EntryTrace } from '../../entries/entry-trace.js';
import type { InstanceTracer } from '../../tracing/instance-tracer.js';
import { compileHttpOptions, type CompiledHttpOptions, type InstanceView } from '../../http/instance-view.js';
import { TelemetryError } from '../../errors.js';
import { pickTracerConfig } from '../../config/tracer-config-schema.js';
import { readEnvironment, selectEnvironment } from '../../config/environment/environment.js';
import { mergeTracerConfig } from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import { BaggageRules } from '../../context/baggage-rules.js';
import { Propagation } from '../../context/propagation.js';
import type { RequestMeter } from '../../tracing/request-meter.js';
import { MeterManager } from '../../metrics/meter-manager.js';
import { MeterPipeline } from '../../metrics/meter-pipeline.js';
import type { PlanSource } from '../../metrics/options/metrics-plan.js';
import { Pipeline } from '../../pipeline/pipeline.js';
import { startLine } from '../../pipeline/start-line.js';
import { errorText, RateLimitedLog } from '../../base/rate-limited-log.js';
import { tell } from '../../base/user-function.js';
import { settledWithinTime } from '../../base/within-time.js';
import { BaggageService } from '../../tracing/baggage-service.js';
import { InstanceClients } from '../../clients/instance-clients.js';
import { InstrumentationBridge } from '../../tracing/instrumentation/instrumentation-bridge.js';
import type { InstrumentationOption } from '../../tracing/instrumentation/instrumentation.js';
import { loadPropagation } from '../../tracing/load-propagation.js';
import { TracerManager } from '../../tracing/tracer-manager.js';
import { RequestEntries } from '../baggage/request-entries.js';
import {
  DEFAULT_SHUTDOWN_MILLIS,
  validateModuleOptions,
  type TelemetryModuleOptions,
} from './telemetry-options.js';

/** The running instance of one `forRoot*` call, with its own pipeline, options and managers. */
export class TelemetryInstance implements InstanceView, EntryInstanceView {
  /** The name of the instance's service, for log lines and pages. */
  readonly name: string;
  readonly pipeline: Pipeline;
  readonly http: CompiledHttpOptions | undefined;
  readonly tracerManager: TracerManager;
  readonly tracer: InstanceTracer;
  readonly entryRules: EntryRules;
  readonly openEntries = new Set<EntryTrace>();
  readonly baggage: BaggageService;
  /** The baggage entries; absent with `baggage: false`. */
  readonly baggageEntries: RequestEntries | undefined;
  readonly shutdownTimeoutMillis: number;
  readonly meterManager: MeterManager;
  private readonly metrics: MeterPipeline;
  private readonly bridge: InstrumentationBridge | undefined;
  private readonly clients: InstanceClients | undefined;
  /** Whether metrics follow configuration changes automatically. */
  private started = false;

  private constructor(
    readonly options: TelemetryModuleOptions,
    private readonly initial: TracerConfig,
    readonly isGlobal: boolean,
    propagation: Propagation,
    onChange: () => void,
  ) {
    const name = nameOf(initial);
    this.name = name;
    this.shutdownTimeoutMillis = options.shutdown?.timeoutMillis ?? DEFAULT_SHUTDOWN_MILLIS;
    this.http = options.http === false ? undefined : compileHttpOptions(options.http ?? {});
    this.pipeline = new Pipeline({
      instance: name,
      log: new Logger('TelemetryModule'),
      closeTimeoutMillis: this.shutdownTimeoutMillis,
      ...(options.tenants === undefined ? {} : { tenants: options.tenants }),
      propagation,
      onChange: () => {
        this.followCalls();
        if (this.started) this.metrics.follow(this.metricsSource).catch(this.metrics.complain);
        onChange();
      },
    });
    const { log } = this.pipeline;
    const { rules } = propagation;
    this.baggage = new BaggageService(rules, log);
    this.baggageEntries =
      rules &&
      new RequestEntries(options.baggage || {}, rules, (hook, error) => {
        log.warn(`baggage.${hook}`, `\`baggage.${hook}\` threw, the request goes on: ${errorText(error)}`);
      });
    this.tracerManager = new TracerManager(this.pipeline, {}, this.shutdownTimeoutMillis);
    this.tracer = this.tracerManager.defaultTracer;
    this.entryRules = new EntryRules(options.entries, options.messaging);
    this.metrics = new MeterPipeline({
      instance: name,
      log,
      metrics: options.metrics ?? {},
      flowAttributes: rules?.flowAttributes && (() => this.maskedFlowAttributes(rules)),
      closeTimeoutMillis: this.shutdownTimeoutMillis,
      health: () => {
        const queueCapacity = this.pipeline.current?.config.batch.maxQueueSize;
        return { status: this.pipeline.status(), queueCapacity };
      },
    });
    this.pipeline.callMeter = this.metrics.calls;
    this.pipeline.pool.onExport = this.metrics.onSpanExport;
    this.meterManager = new MeterManager(this.metrics);
    const { pipeline, tracerManager: manager, meterManager: meters } = this;
    this.bridge =
      options.instrumentations &&
      new InstrumentationBridge(options.instrumentations, { pipeline, manager, isGlobal, meters });
    this.clients = new InstanceClients(
      { pipeline, manager, isGlobal },
      (options.instrumentations ?? []).map(instrumentationName),
    );
    pipeline.beforeFlush = (): void => {
      this.clients?.flush();
    };
  }

  /** The meter for requests; absent while they are not measured. */
  get requestMeter(): RequestMeter | undefined {
    return this.http === undefined ? undefined : this.metrics.requestMeter;
  }

  /** Logs the reasons why outgoing calls cannot be seen. */
  reportCalls(): void {
    this.clients?.report();
    this.bridge?.report();
  }

  /** Delivers the remaining spans and metrics, and closes. */
  async shutdown(): Promise<void> {
    this.started = false;
    for (const entry of this.openEntries) entry.abort();
    this.clients?.flush();
    const begun = performance.now();
    const { shutdownTimeoutMillis: limit } = this;
    // Other timers keep no process alive. This one does, so that an empty event loop does not cut the app's
    // shutdown short.
    const awake = setTimeout(() => {}, limit);
    const spans = this.pipeline.shutdown(limit);
    // Metrics include the outcome of the last spans, if it is known in time.
    await settledWithinTime(spans, limit / 2, true);
    await Promise.all([spans, this.metrics.shutdown(limit - (performance.now() - begun))]);
    clearTimeout(awake);
  }

  /** Applies the option `clients`; unwraps in the reverse order of wrapping. */
  private followCalls(): void {
    if (this.pipeline.current?.enabled === true) {
      this.clients?.follow();
      this.bridge?.follow();
    } else {
      this.bridge?.follow();
      this.clients?.follow();
    }
  }

  /**
   * Starts the reader for Prometheus's page. @throws TelemetryConfigError if its package is not installed
   */
  serveScrapes(): Promise<void> {
    return this.metrics.serveScrapes();
  }

  /** Masks the caller's entries before they become attributes of metrics. */
  private maskedFlowAttributes(rules: BaggageRules): Attributes | undefined {
    const said = rules.flowAttributes?.();
    return said && (this.pipeline.current?.mask.masked(said) ?? said);
  }

  /** The configuration that metrics follow. */
  private get metricsSource(): PlanSource | undefined {
    const { current } = this.pipeline;
    return current && { config: current.config, exporterGiven: current.given.exporter !== undefined };
  }

  private async start(): Promise<void> {
    await this.pipeline.configure(this.initial);
    try {
      await this.metrics.follow(this.metricsSource);
      this.started = true;
      this.sayWhereSpansGo();
    } catch (error) {
      await this.pipeline.shutdown(0);
      throw error;
    }
  }

  private sayWhereSpansGo(): void {
    const { current } = this.pipeline;
    if (current === undefined) return;
    const say = (): void => {
      new Logger('TelemetryModule').log(startLine(current));
    };
    tell(say, () => undefined);
  }

  /**
   * A view of this instance for routes with `HttpTelemetryInterceptor`, which are traced even with
   * `http: false`.
   */
  get tracedByHand(): TelemetryInstance {
    if (this.http !== undefined) return this;
    return Object.create(this, { http: { value: compileHttpOptions({}) } }) as TelemetryInstance;
  }

  /**
   * Validates the options and builds the instance.
   *
   * @param onChange - called after each configuration change
   * @throws TelemetryConfigError, unless `onConfigError` is `warn`: then the instance runs without
   *   telemetry
   */
  static async create(
    options: TelemetryModuleOptions,
    isGlobal: boolean,
    onChange: () => void,
    scraped = false,
  ): Promise<TelemetryInstance> {
    try {
      validateModuleOptions(options, isGlobal);
      const propagation = await propagationOf(options);
      const initial = initialConfig(options);
      const instance = new TelemetryInstance(options, initial, isGlobal, propagation, onChange);
      // The reader must exist before anything is counted, since a later one begins at zero.
      if (scraped) await instance.serveScrapes();
      await instance.start();
      return instance;
    } catch (error) {
      if (
        !(error instanceof TelemetryError) ||
        (options as TelemetryModuleOptions | undefined)?.onConfigError !== 'warn'
      ) {
        throw error;
      }
      new Logger('TelemetryModule').warn(`Running without telemetry. ${error.message}`);
      return new TelemetryInstance({}, {}, isGlobal, new Propagation(), onChange);
    }
  }
}

function propagationOf({ baggage, propagation = {} }: TelemetryModuleOptions): Promise<Propagation> {
  const logger = new Logger('TelemetryModule');
  const rules = baggage === false ? undefined : new BaggageRules(baggage ?? {}, new RateLimitedLog(logger));
  return loadPropagation(propagation, rules, process.env, (message) => {
    logger.warn(message);
  });
}

function instrumentationName(option: InstrumentationOption): string {
  return ('instrumentation' in option ? option.instrumentation : option).instrumentationName;
}

/** Returns the name of the instance's service for log lines, from the configuration or the environment. */
function nameOf(config: TracerConfig): string {
  if (config.service?.name !== undefined) return config.service.name;
  const { service } = readEnvironment(process.env, { warn: () => undefined, exporter: false });
  return service?.name ?? 'telemetry';
}

/** Returns the options merged with the section of the current environment. */
function initialConfig(options: TelemetryModuleOptions): TracerConfig {
  const config = pickTracerConfig(options);
  if (options.environments === undefined) return config;
  const section = selectEnvironment(options.environments, process.env, (message) => {
    new Logger('TelemetryModule').warn(message);
  });
  return section === undefined ? config : mergeTracerConfig(config, section);
}
