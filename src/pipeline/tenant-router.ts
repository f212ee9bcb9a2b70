import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { TracerConfig } from '../config/tracer-config.js';
import type { FlowRequest, FlowTarget } from '../context/flow-context.js';
import type { EndingSpan, Generation } from './generation.js';
import type { GenerationSlot } from './generation-slot.js';
import { HeldSpans } from './held-spans.js';
import { errorText, type RateLimitedLog } from './rate-limited-log.js';
import { SlotCache } from './slot-cache.js';
import type { DropReason, SpanSink } from './span-sink.js';
import { DEFAULT_TENANT_LIMITS, MAX_TENANT_KEY_LENGTH, type TenantOptions } from './tenant-options.js';

/** A tenant whose configuration is still being looked up gets this long, in milliseconds. */
const LOOKUP_MILLIS = 30_000;
/** Look-ups that run at the same time, as a multiple of `maxActive`; beyond it, tenants fall back. */
const LOOKUPS_PER_ACTIVE = 4;
/** An unknown tenant is not looked up again for this long, in milliseconds. */
const UNKNOWN_MILLIS = 10_000;
const MAX_UNKNOWN = 1000;

/** What the router asks of its pipeline. */
export interface TenantHost {
  readonly current: Generation | undefined;
  readonly log: RateLimitedLog;
  /** A slot for the current configuration under changes. @throws TelemetryConfigError */
  slotOver(
    changes: readonly (TracerConfig | undefined)[],
    onUse: (slot: GenerationSlot) => void,
  ): GenerationSlot;
  /** A generation whose spans are kept in `sink` until their own is known. */
  holding(sink: SpanSink): Generation;
  /** A generation that records nothing. */
  dropping(): Generation;
  /** Counts spans that ended and go nowhere. */
  drop(reason: DropReason, spans: number): void;
}

interface Lookup {
  readonly generation: Generation;
  readonly held: HeldSpans;
  readonly done: Promise<void>;
}

/** Finds the generation of each tenant's spans, and keeps the number of open ones bounded. */
export class TenantRouter {
  private readonly cache: SlotCache;
  private readonly lookups = new Map<string, Lookup>();
  private readonly unknown = new Map<string, number>();
  private readonly requests = new WeakMap<FlowRequest, { readonly key: string | undefined }>();
  /** Time-boxed changes by tenant. */
  private readonly changes = new Map<string, TracerConfig>();
  /** The slots that were made from the current configuration. */
  private fresh = new WeakSet<GenerationSlot>();

  constructor(
    private readonly pipeline: TenantHost,
    private readonly options: TenantOptions,
  ) {
    this.cache = new SlotCache({
      maxActive: options.maxActive ?? DEFAULT_TENANT_LIMITS.maxActive,
      idleMillis: options.idleMillis ?? DEFAULT_TENANT_LIMITS.idleMillis,
    });
  }

  get active(): number {
    return this.cache.size;
  }

  /** Spans that are alive in tenants' generations. */
  get live(): number {
    return this.cache.live;
  }

  /** Ended spans that wait for their tenant's configuration. */
  get held(): number {
    let held = 0;
    for (const lookup of this.lookups.values()) held += lookup.held.size;
    return held;
  }

  /** The tenant as a flow's target. */
  target(key: string): FlowTarget {
    return { current: () => this.generation(key) };
  }

  /** The generation of a request's tenant, asked for once per request; absent if it has none. */
  forRequest(request: FlowRequest): Generation | undefined {
    let resolved = this.requests.get(request);
    if (resolved === undefined) {
      resolved = { key: this.resolve(request) };
      this.requests.set(request, resolved);
    }
    return resolved.key === undefined ? undefined : this.generation(resolved.key);
  }

  /** Lays a change over one tenant's configuration, or takes it away. Spans that are alive finish where they began. */
  override(key: string, change: TracerConfig | undefined): void {
    if (change === undefined) this.changes.delete(key);
    else this.changes.set(key, change);
    this.refresh();
  }

  /** Configurations have changed: tenants follow at their next span, over the connections that they keep. */
  refresh(): void {
    this.unknown.clear();
    this.fresh = new WeakSet();
  }

  /** Forgets all tenants and changes; what their spans left is delivered. */
  async clear(): Promise<void> {
    this.changes.clear();
    this.refresh();
    await this.cache.clear();
  }

  async settled(): Promise<void> {
    await Promise.all([...this.lookups.values()].map((lookup) => lookup.done));
  }

  private resolve(request: FlowRequest): string | undefined {
    try {
      const key: unknown = this.options.resolve?.(request.subject);
      return key === undefined || key === null ? undefined : this.validKey(key);
    } catch (error) {
      this.pipeline.log.warn(
        'tenants.resolve',
        `\`tenants.resolve\` threw, the request has no tenant: ${errorText(error)}`,
      );
      return undefined;
    }
  }

  private validKey(key: unknown): string | undefined {
    if (typeof key === 'string' && key !== '' && key.length <= MAX_TENANT_KEY_LENGTH) return key;
    this.pipeline.log.warn(
      'tenants.key',
      `A tenant key must be a text of 1 to ${MAX_TENANT_KEY_LENGTH} characters; the request or flow has no tenant.`,
    );
    return undefined;
  }

  private generation(key: string): Generation | undefined {
    if (this.pipeline.current?.enabled !== true) return this.pipeline.current;
    const slot = this.cache.get(key);
    if (slot !== undefined && this.fresh.has(slot)) return slot.current();
    const lookup = this.lookups.get(key);
    if (lookup !== undefined) return lookup.generation;
    if (this.validKey(key) === undefined) return this.fallback();
    const unknownUntil = this.unknown.get(key);
    if (unknownUntil !== undefined && performance.now() < unknownUntil) return this.fallback();
    return this.lookUp(key);
  }

  private lookUp(key: string): Generation | undefined {
    try {
      const config = this.options.config(key);
      if (config instanceof Promise) return this.wait(key, config).generation;
      return config === undefined ? this.noteUnknown(key) : this.open(key, config).current();
    } catch (error) {
      return this.noteUnknown(key, error);
    }
  }

  /** @throws TelemetryConfigError */
  private open(key: string, config: TracerConfig): GenerationSlot {
    const slot = this.pipeline.slotOver([config, this.changes.get(key)], (used) => {
      this.cache.set(key, used);
    });
    this.fresh.add(slot);
    slot.current();
    return slot;
  }

  /** Spans begin in a generation without exporters until the configuration is there, and move to the real one when they have ended. */
  private wait(key: string, config: Promise<TracerConfig | undefined>): Pick<Lookup, 'generation'> {
    const { maxActive = DEFAULT_TENANT_LIMITS.maxActive } = this.options;
    if (this.lookups.size >= maxActive * LOOKUPS_PER_ACTIVE) {
      config.catch(() => undefined);
      return { generation: this.pipeline.dropping() };
    }
    const held = new HeldSpans(() => {
      this.pipeline.drop('queue_full', 1);
    });
    const generation = this.pipeline.holding(held);
    const done = withinTime(config).then(
      (found) => {
        this.settle(key, held, found === undefined ? this.noteUnknown(key) : this.tryOpen(key, found));
      },
      (error: unknown) => {
        this.settle(key, held, this.noteUnknown(key, error));
      },
    );
    const lookup = { generation, held, done };
    this.lookups.set(key, lookup);
    return lookup;
  }

  private tryOpen(key: string, config: TracerConfig): Generation | undefined {
    try {
      return this.open(key, config).current();
    } catch (error) {
      return this.noteUnknown(key, error);
    }
  }

  private settle(key: string, held: HeldSpans, generation: Generation | undefined): void {
    this.lookups.delete(key);
    held.release((span: ReadableSpan) => {
      if (generation === undefined) this.pipeline.drop('tenant_unknown', 1);
      else generation.receive(span as EndingSpan);
    });
  }

  private noteUnknown(key: string, error?: unknown): Generation | undefined {
    const why =
      error === undefined ? 'has no configuration' : `has no usable configuration: ${errorText(error)}`;
    const goes = this.options.fallback === 'drop' ? 'are dropped' : 'go to the default pipeline';
    this.pipeline.log.warn('tenants.config', `A tenant ${why}. Its spans ${goes}.`);
    if (this.unknown.size >= MAX_UNKNOWN) {
      const [oldest] = this.unknown.keys();
      if (oldest !== undefined) this.unknown.delete(oldest);
    }
    this.unknown.set(key, performance.now() + UNKNOWN_MILLIS);
    return this.fallback();
  }

  private fallback(): Generation | undefined {
    return this.options.fallback === 'drop' ? this.pipeline.dropping() : this.pipeline.current;
  }
}

/** @throws Error when the configuration does not come in time */
function withinTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${LOOKUP_MILLIS} ms`));
    }, LOOKUP_MILLIS).unref();
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
