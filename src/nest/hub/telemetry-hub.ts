import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import {
  ApplicationConfig,
  ExternalContextCreator,
  HttpAdapterHost,
  ModulesContainer,
  type AbstractHttpAdapter,
} from '@nestjs/core';
import type { MountedEndpoints } from '../../http/framework-request.js';
import { followListeners } from '../../http/request-listeners.js';
import type { RegisteredRoute } from '../../http/missed-routes.js';
import { RequestTrace } from '../../http/request-trace.js';
import { followResponse } from '../../http/stream-body.js';
import { OpenStreams } from '../../http/stream-registry.js';
import type { Generation } from '../../pipeline/generations/generation.js';
import { TelemetryConfigError } from '../../errors.js';
import type { TracerManager } from '../../tracing/tracer-manager.js';
import { DevtoolsHost } from '../devtools/devtools-host.js';
import { CoveringBaggage } from '../requests/covering-baggage.js';
import { Arrivals, requireAll } from './arrivals.js';
import { Coverage } from './coverage.js';
import { adoptInjectedClients } from './injected-clients.js';
import { runHooksOfLateHub } from './late-hub.js';
import { EntryWatch } from '../entries/entry-watch.js';
import { reenterExternalCalls } from '../requests/external-calls.js';
import { graphqlEndpoints } from '../requests/graphql-endpoints.js';
import { interceptorsByHand } from '../requests/interceptors-by-hand.js';
import { reenterRequests } from '../requests/reentering.js';
import {
  followReturnedObservables,
  leaveReturnedObservables,
  loadResponseController,
} from '../requests/returned-observables.js';
import { RequestEntrances } from '../requests/request-entrances.js';
import { RouteArrivals } from '../requests/route-arrivals.js';
import { followRoutes, leaveRoutes, loadRouter } from '../requests/routed-handlers.js';
import { warnOfMissedPatterns } from '../requests/route-patterns.js';
import { sseRouteOf } from '../requests/sse-route.js';
import { watchClosingServer } from '../requests/stream-shutdown.js';
import { LateNames } from './late-names.js';
import { TelemetryInstance } from '../instance/telemetry-instance.js';
import type { TelemetryModuleOptions } from '../instance/telemetry-options.js';

/** The turns of the event loop in which requests of cut connections end their spans. */
const TURNS_FOR_CUT_CONNECTIONS = 4;
/** Node's `setImmediate`, captured before a test can fake it. */
const nextTurn = setImmediate;

/**
 * Connects the requests of one app to its instances, however many there are. It wraps the app's own server
 * object and owns the only enhancers.
 */
@Injectable()
export class TelemetryHub
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly instances = new Map<symbol, TelemetryInstance>();
  private readonly names = new LateNames(this.instances, () => this.coverage);
  private readonly arrivals = new Arrivals();
  private readonly streams = new OpenStreams();
  private readonly routeArrivals = new RouteArrivals((type, handler) => {
    const byHand = interceptorsByHand(type, handler, this.config);
    const covering = this.instanceOf(type);
    const instance = covering ?? (byHand.http ? this.fallbackInstance : undefined);
    return {
      instance: byHand.http ? instance?.tracedByHand : instance,
      moduleName: this.coverage.controller(type)?.moduleName,
      sse: instance && sseRouteOf(handler, instance.options.sse, byHand.sse),
      entries: this.baggage.onArrival(type),
    };
  });
  private readonly baggage = new CoveringBaggage((type) => this.instanceOf(type)?.baggageEntries);
  private readonly devtools = new DevtoolsHost((instance) => this.coverage.modulesOf(this.idOf(instance)));
  private attached = false;
  /** Routes that the framework registered before the app started. */
  private readonly routes: RegisteredRoute[] = [];
  private covered: Coverage | undefined;
  private mounted: MountedEndpoints | undefined;
  private readonly entries: EntryWatch;
  private readonly entrances = new RequestEntrances((request, response) => this.begin(request, response));

  constructor(
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(ModulesContainer) readonly modules: ModulesContainer,
    @Optional() @Inject(HttpAdapterHost) private readonly host?: HttpAdapterHost,
    @Optional() @Inject(ExternalContextCreator) external?: ExternalContextCreator,
  ) {
    this.entries = new EntryWatch(this, config);
    if (this.server() !== undefined) runHooksOfLateHub(this.modules, this);
    // `main.ts` registers middleware before the modules are configured.
    reenterRequests(this.adapter, this.routes);
    const { subscriptions } = this.entries;
    reenterExternalCalls(external, subscriptions.run.bind(subscriptions), this.routeArrivals);
  }

  get coverage(): Coverage {
    this.covered ??= new Coverage(this.modules);
    return this.covered;
  }

  /** Creates an instance of this app. @throws TelemetryConfigError */
  async create(id: symbol, options: TelemetryModuleOptions, isGlobal: boolean): Promise<TelemetryInstance> {
    const refresh = this.refresh.bind(this);
    const scraped = this.coverage.isScraped(id);
    const instance = await TelemetryInstance.create(options, isGlobal, refresh, scraped);
    await Promise.all([loadResponseController(), loadRouter()]);
    this.instances.set(id, instance);
    await this.devtools.join(instance);
    this.covered = undefined;
    this.routeArrivals.reset();
    this.refresh();
    this.arrivals.of(id).resolve(instance);
    return instance;
  }

  all(): TelemetryInstance[] {
    return [...this.instances.values()];
  }

  private idOf(instance: TelemetryInstance): symbol | undefined {
    for (const [id, each] of this.instances) if (each === instance) return id;
    return undefined;
  }

  instance(id: symbol | undefined): TelemetryInstance | undefined {
    return id === undefined ? undefined : this.instances.get(id);
  }

  /** The manager of the app-wide instance. */
  get appWideManager(): TracerManager | undefined {
    return this.appWideInstance?.tracerManager;
  }

  /** The instance for code without a nearer one: the global instance, else the root module's. */
  get appWideInstance(): TelemetryInstance | undefined {
    return this.instance(this.coverage.appWide);
  }

  /** The instance for requests that reach no handler: the app-wide one, else the only one. */
  get fallbackInstance(): TelemetryInstance | undefined {
    return this.instance(this.coverage.fallback);
  }

  /** Resolves to the app-wide instance, for callers that come before it is built. */
  get appWideArrival(): Promise<TelemetryInstance> | undefined {
    const { appWide } = this.coverage;
    return appWide === undefined ? undefined : this.arrivals.of(appWide).promise;
  }

  /** Returns the instance that covers a controller or a resolver. */
  instanceOf(type: Type): TelemetryInstance | undefined {
    const covered = this.coverage.controller(type);
    return this.instance(covered === undefined ? this.coverage.fallback : covered.instance);
  }

  /**
   * Resolves to the instance that covers the importer of a `forFeature` module, once it is built.
   *
   * @param imported - the code that the user wrote, for the error
   * @throws TelemetryConfigError if there is no such instance
   */
  instanceForFeature(feature: symbol, imported = 'forFeature'): Promise<TelemetryInstance> {
    const id = this.coverage.ofFeature(feature);
    if (id === undefined) {
      throw new TelemetryConfigError({
        path: imported,
        expected: 'imported where an instance covers the module',
        remedy:
          'Import `TelemetryModule.forRoot(…)` in the same module, in the root module, or with ' +
          '`isGlobal: true`.',
      });
    }
    return this.arrivals.of(id).promise;
  }

  /**
   * Attaches the hub to the app. Must run after all enhancers are known and before routes are built, so
   * that the library's filter is asked first.
   */
  attach(): void {
    requireAll(this.coverage.instances, this.instances);
    followRoutes(this.config, this.routeArrivals);
    followReturnedObservables();
    this.attached = true;
    this.baggage.attach(this.all(), this.config, this.modules);
    this.entries.attach();
    reenterRequests(this.adapter, this.routes);
    if (this.adapter !== undefined) {
      this.entrances.watch(this.adapter);
      watchClosingServer(this.adapter, this.streams, this);
    }
    for (const name of this.coverage.overlaps()) {
      new Logger('TelemetryModule').warn(
        `${name} imports several instances of telemetry; the first covers it, the others see no ` +
          'request of it. ' +
          'For several exporters, pass a list to one instance: `exporter: [a, b]`.',
      );
    }
  }

  onModuleInit(): void {
    adoptInjectedClients(this.modules);
    this.entries.attach();
  }

  /** Called when all routes are registered. */
  onApplicationBootstrap(): void {
    adoptInjectedClients(this.modules);
    this.entries.started();
    const routes = this.routes.splice(0);
    for (const { options } of this.all()) warnOfMissedPatterns(options, routes, this.config);
    for (const instance of this.all()) instance.reportCalls();
  }

  beforeApplicationShutdown(): void {
    this.entries.closing = true;
  }

  /** Runs after all other shutdown hooks, which may still end spans: the hub's module is global. */
  async onApplicationShutdown(): Promise<void> {
    this.streams.endSpans();
    for (let turn = 0; turn < TURNS_FOR_CUT_CONNECTIONS && this.hasOpenSpans(); turn += 1) {
      await new Promise((resolve) => nextTurn(resolve));
    }
    this.entries.close();
    await Promise.all(this.all().map((instance) => instance.shutdown()));
    await this.devtools.close();
    leaveRoutes(this.config);
    if (this.attached) leaveReturnedObservables();
    this.attached = false;
  }

  /** The longest shutdown limit of all instances, in milliseconds. */
  get timeoutMillis(): number {
    return Math.max(0, ...this.all().map(({ shutdownTimeoutMillis }) => shutdownTimeoutMillis));
  }

  /** Delivers the ended spans of all instances. */
  async flush(): Promise<void> {
    await Promise.allSettled(this.all().map(({ tracerManager }) => tracerManager.forceFlush()));
  }

  private hasOpenSpans(): boolean {
    return this.all().some(({ pipeline }) => pipeline.status().spans.live > 0);
  }

  /** The app's HTTP adapter; a standalone context has none. */
  private get adapter(): AbstractHttpAdapter | undefined {
    return this.host?.httpAdapter;
  }

  private server(): Server | undefined {
    return this.adapter?.getHttpServer() as Server | undefined;
  }

  /** Begins the trace of a request. A request that cannot be traced continues without. */
  private begin(request: IncomingMessage, response: ServerResponse): RequestTrace | undefined {
    const fallback = this.instance(this.coverage.fallback);
    const generation = this.provisionalGeneration(fallback);
    if (generation === undefined) return undefined;
    this.mounted ??= graphqlEndpoints(this.modules, this.config);
    const trace = new RequestTrace(request, response, fallback, generation, this.streams, this.mounted);
    followListeners(trace);
    followResponse(trace);
    return trace;
  }

  private provisionalGeneration(fallback: TelemetryInstance | undefined): Generation | undefined {
    const { current } = fallback?.pipeline ?? {};
    if (current?.enabled === true) return current;
    for (const { pipeline } of this.instances.values()) {
      if (pipeline.current?.enabled === true) return pipeline.current;
    }
    return undefined;
  }

  /** Called when an instance was configured or shut down. */
  private refresh(): void {
    const active = [...this.instances.values()].some(({ pipeline }) => pipeline.current?.enabled === true);
    this.entrances.active = active;
    this.entries.active = active;
  }
}
