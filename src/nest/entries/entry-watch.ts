import type { Type } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { Subscription } from 'rxjs';
import { activeContext } from '../../context/flow-context.js';
import { pipelineOfFlow } from '../../tracing/pipeline-of-flow.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import { ErrorProbeFilter } from '../requests/error-probe.filter.js';
import { probeNearerFilters } from '../requests/nearer-filters.js';
import { BullmqJobs } from './bullmq-jobs.js';
import { BullmqProducers } from './bullmq-producers.js';
import { ClientProxies } from './client-proxies.js';
import { watchCqrsHandlers } from './cqrs-handlers.js';
import type { EntryHost } from './entry-host.js';
import { GraphqlSubscriptions } from './graphql-subscriptions.js';
import { EventListeners } from './event-listeners.js';
import { MicroserviceServers, type MicroserviceServer } from './microservice-servers.js';
import { FrameworkPatches } from './framework-patches.js';
import { ScheduledJobs } from './schedule.js';
import { Websockets } from './websockets.js';

/** The part of an app's hub that an entry watch needs. */
export interface EntryHub {
  readonly modules: ModulesContainer;
  all(): TelemetryInstance[];
  instanceOf(type: Type): TelemetryInstance | undefined;
  readonly fallbackInstance: TelemetryInstance | undefined;
}

/**
 * Watches all entries of one app except HTTP requests.
 *
 * It finds servers, clients and queues among the app's providers by their methods, without loading any
 * package. It replaces functions only on the app's own objects and restores them when the app closes.
 */
export class EntryWatch implements EntryHost {
  active = false;
  closing = false;
  readonly patches = new FrameworkPatches();
  readonly modules: ModulesContainer;
  readonly subscriptions = new GraphqlSubscriptions(this);
  private readonly servers: MicroserviceServers;
  private readonly clients: ClientProxies;
  private readonly jobs: BullmqJobs;
  private readonly queues: BullmqProducers;
  private readonly schedule: ScheduledJobs;
  private readonly events: EventListeners;
  private readonly websockets: Websockets;
  private subscription: Subscription | undefined;
  private attached = false;

  constructor(
    private readonly hub: EntryHub,
    private readonly config: ApplicationConfig,
  ) {
    this.modules = hub.modules;
    this.servers = new MicroserviceServers(this);
    this.clients = new ClientProxies(this);
    this.jobs = new BullmqJobs(this);
    this.queues = new BullmqProducers(this);
    this.schedule = new ScheduledJobs(this);
    this.events = new EventListeners(this);
    this.websockets = new Websockets(this);
    this.listenForServers();
    this.listenForAdapter();
  }

  get fallback(): TelemetryInstance | undefined {
    return this.hub.fallbackInstance;
  }

  instanceOf(type: Type): TelemetryInstance | undefined {
    return this.hub.instanceOf(type);
  }

  instanceOfFlow(otherwise: TelemetryInstance | undefined): TelemetryInstance | undefined {
    const own = pipelineOfFlow(activeContext());
    if (own === undefined) return otherwise;
    return this.hub.all().find(({ pipeline }) => pipeline === own) ?? otherwise;
  }

  /** Starts before Nest connects the first gateway, which is when it asks for the adapter. */
  private listenForAdapter(): void {
    const { config } = this;
    this.patches.replace(config, 'getIoAdapter', (get) => () => {
      this.attach();
      const adapter = get.call(config);
      if (typeof adapter === 'object' && adapter !== null) this.websockets.watch(adapter);
      return adapter;
    });
  }

  /** Listens for servers, which Nest creates before their handlers. */
  private listenForServers(): void {
    this.subscription = this.modules.getRpcTargetRegistry<MicroserviceServer>().subscribe((server) => {
      this.attach();
      this.servers.watch(server);
    });
  }

  /**
   * Called when all providers exist and none has started. Apps without routes reach it through their
   * microservices, or at their start.
   */
  attach(): void {
    if (this.attached) return;
    this.attached = true;
    this.config.addGlobalFilter(new ErrorProbeFilter());
    probeNearerFilters(this.modules, this.config.getGlobalRequestFilters().length > 0);
    this.clients.watchAll();
    this.jobs.watch();
    this.queues.watch();
    this.schedule.watch();
    this.events.watch();
    watchCqrsHandlers(this);
  }

  /** Called after providers have started, since they may have created clients. */
  started(): void {
    this.clients.watchAll();
    this.queues.watch();
  }

  close(): void {
    this.subscription?.unsubscribe();
    this.patches.restore();
  }
}
