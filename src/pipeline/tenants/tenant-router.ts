import type { ReadableSpan } from '../../sdk/readable-span.js';
import { fail } from '../../config/schema.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import { EMPTY_CONTEXT, runInContext, type Entry, type FlowTarget } from '../../context/flow-context.js';
import type { EndingSpan, Generation } from '../generations/generation.js';
import type { GenerationSlot } from '../generations/generation-slot.js';
import { errorText, type RateLimitedLog } from '../../base/rate-limited-log.js';
import { SlotCache } from '../generations/slot-cache.js';
import type { DropReason, SpanSink } from '../span-sink.js';
import { TenantKeys } from './tenant-keys.js';
import type { CallMeter } from '../call-meter.js';
import type { WaitingRoom, WaitingSpans } from '../waiting-room.js';
import { DEFAULT_TENANT_LIMITS, isTenantKey, TENANT_KEY, type TenantOptions } from './tenant-options.js';
import { settledWithinTime, withinTime } from '../../base/within-time.js';

/** The longest look-up of a tenant's configuration, in milliseconds. */
const LOOKUP_MILLIS = 30_000;
/**
 * The most look-ups that run at the same time, as a multiple of `maxActive`; beyond it, no spans are
 * created.
 */
const LOOKUPS_PER_ACTIVE = 4;
/** The time for which an unknown tenant is not looked up again, in milliseconds. */
const UNKNOWN_MILLIS = 10_000;
const MAX_UNKNOWN = 1000;

/** The part of a pipeline that the router needs. */
export interface TenantPipeline {
  readonly current: Generation | undefined;
  readonly log: RateLimitedLog;
  /** Holds the spans of tenants that are being looked up. */
  readonly waiting: WaitingRoom;
  /**
   * Creates a slot for the current configuration with changes. @throws TelemetryConfigError if it is
   * invalid
   */
  slotOver(
    changes: readonly (TracerConfig | undefined)[],
    onUse: (slot: GenerationSlot) => void,
  ): GenerationSlot;
  /** Creates a generation that keeps its spans in `sink` until `settled` knows their real generation. */
  holding(sink: SpanSink, settled: FlowTarget<Generation>): Generation;
  /** Returns the generation that records nothing. */
  dropping(): Generation;
  /** Counts entries by tenant. */
  readonly callMeter: CallMeter | undefined;
  /** Counts ended spans that are dropped. */
  drop(reason: DropReason, spans: number): void;
}

interface Lookup {
  readonly generation: Generation;
  readonly waiting: WaitingSpans;
  readonly done: Promise<void>;
}

/** Finds the generation for each tenant's spans and limits the number of open ones. */
export class TenantRouter {
  /** Determines the tenants of entries and flows. */
  readonly keys: TenantKeys;
  private readonly cache: SlotCache;
  private readonly lookups = new Map<string, Lookup>();
  private readonly unknown = new Map<string, number>();
  /** Temporary changes by tenant. */
  private readonly changes = new Map<string, TracerConfig>();
  /** The slots that were made from the current configuration. */
  private fresh = new WeakSet<GenerationSlot>();
  /** The configuration that `tenants.config` returned for each slot. */
  private readonly known = new WeakMap<GenerationSlot, TracerConfig>();
  private readonly maxLookups: number;

  constructor(
    private readonly pipeline: TenantPipeline,
    private readonly options: TenantOptions,
  ) {
    const { maxActive = DEFAULT_TENANT_LIMITS.maxActive, idleMillis = DEFAULT_TENANT_LIMITS.idleMillis } =
      options;
    this.keys = new TenantKeys(options, pipeline.log, (key) => {
      pipeline.callMeter?.countTenant(key);
    });
    this.cache = new SlotCache({ maxActive, idleMillis });
    this.maxLookups = maxActive * LOOKUPS_PER_ACTIVE;
  }

  get active(): number {
    return this.cache.size;
  }

  /** Returns a flow's target for a tenant. */
  target(key: string): FlowTarget<Generation> {
    return { current: () => this.generation(key), tenant: key };
  }

  /**
   * Returns the generation of an entry's tenant; `undefined` if it has none. The tenant is determined once
   * per entry.
   */
  forEntry(entry: Entry): Generation | undefined {
    const key = this.keys.ofEntry(entry);
    return key === undefined ? undefined : this.generation(key);
  }

  /**
   * Sets or removes a change of one tenant's configuration. Running spans finish in their old generation.
   *
   * @throws TelemetryConfigError if the key cannot be a tenant's
   */
  override(key: string, change: TracerConfig | undefined): void {
    if (!isTenantKey(key))
      fail({ path: 'tenant', expected: TENANT_KEY, secret: true, got: key, remedy: 'Pass a key.' });
    if (change === undefined) this.changes.delete(key);
    else this.changes.set(key, change);
    this.unknown.delete(key);
    const slot = this.cache.get(key);
    if (slot !== undefined) this.fresh.delete(slot);
  }

  /** Removes all changes. */
  endOverrides(): void {
    this.changes.clear();
    this.refresh();
  }

  /**
   * Called when the configuration has changed: each tenant follows at its next span and keeps its
   * connections.
   */
  refresh(): void {
    this.unknown.clear();
    this.fresh = new WeakSet();
  }

  /** Removes all tenants and changes; their remaining spans are delivered. */
  async evictAll(): Promise<void> {
    this.endOverrides();
    for (const { waiting } of this.lookups.values()) {
      waiting.handOverTo(() => {
        this.pipeline.drop('shutdown', 1);
      });
    }
    this.lookups.clear();
    await this.cache.evictAll();
  }

  /** Whether a configuration is being looked up. */
  get lookingUp(): boolean {
    return this.lookups.size > 0;
  }

  /** Resolves when all running look-ups are over, or the time is. */
  async settled(limitMillis: number): Promise<void> {
    const lookups = [...this.lookups.values()].map((lookup) => lookup.done);
    if (lookups.length > 0) await settledWithinTime(Promise.all(lookups), limitMillis, true);
  }

  private generation(key: string): Generation | undefined {
    if (this.pipeline.current?.enabled !== true) return this.pipeline.current;
    const slot = this.cache.get(key);
    if (slot !== undefined && this.fresh.has(slot)) return slot.current();
    const lookup = this.lookups.get(key);
    if (lookup !== undefined) return lookup.generation;
    if (this.keys.valid(key) === undefined) return this.fallback();
    const unknownUntil = this.unknown.get(key);
    if (unknownUntil !== undefined && performance.now() < unknownUntil) return this.fallback();
    if (this.lookups.size >= this.maxLookups) return this.turnAway();
    return this.lookUp(key);
  }

  private lookUp(key: string): Generation | undefined {
    try {
      // The look-up runs outside of the flow: its own spans would otherwise ask for the tenant that is
      // being looked up.
      const config = runInContext(EMPTY_CONTEXT, () => this.options.config(key));
      if (isThenable(config)) return this.wait(key, Promise.resolve(config));
      return isNothing(config) ? this.noteUnknown(key) : this.openSlot(key, config).current();
    } catch (error) {
      return this.keepOr(key, error);
    }
  }

  /**
   * Puts a slot with a tenant's configuration into the cache and builds its generation.
   *
   * @throws TelemetryConfigError
   */
  private openSlot(key: string, config: TracerConfig): GenerationSlot {
    const slot = this.pipeline.slotOver([config, this.changes.get(key)], (used) => {
      this.cache.set(key, used);
    });
    this.fresh.add(slot);
    this.known.set(slot, config);
    slot.current();
    return slot;
  }

  /**
   * Creates a waiting list: spans start in a generation without exporters until the configuration is known,
   * and move to the real one when they have ended.
   */
  private wait(key: string, config: Promise<TracerConfig | undefined>): Generation {
    const waiting = this.pipeline.waiting.waitFor('tenant look-up');
    const generation = this.pipeline.holding(waiting, this.target(key));
    const done = withinTime(config, LOOKUP_MILLIS, false).then(
      (found) => {
        this.endLookup(key, waiting, () =>
          isNothing(found) ? this.noteUnknown(key) : this.tryOpen(key, found),
        );
      },
      (error: unknown) => {
        this.endLookup(key, waiting, () => this.keepOr(key, error));
      },
    );
    this.lookups.set(key, { generation, waiting, done });
    return generation;
  }

  private tryOpen(key: string, config: TracerConfig): Generation | undefined {
    try {
      return this.openSlot(key, config).current();
    } catch (error) {
      return this.keepOr(key, error);
    }
  }

  /**
   * Keeps a tenant's previous configuration when a new look-up fails, so that its spans do not go to
   * another pipeline.
   */
  private keepOr(key: string, error: unknown): Generation | undefined {
    const slot = this.cache.get(key);
    const config = slot && this.known.get(slot);
    if (slot === undefined || config === undefined || this.fresh.has(slot))
      return this.noteUnknown(key, error);
    try {
      const generation = this.openSlot(key, config).current();
      this.pipeline.log.warn('tenants.again', `A tenant keeps the configuration it had: ${errorText(error)}`);
      return generation;
    } catch {
      return this.noteUnknown(key, error);
    }
  }

  private endLookup(key: string, waiting: WaitingSpans, open: () => Generation | undefined): void {
    // A shutdown may have released the waiting spans already.
    if (this.lookups.get(key)?.waiting !== waiting) return;
    this.lookups.delete(key);
    let generation = open();
    waiting.handOverTo((span: ReadableSpan) => {
      // A span may end long after the look-up, when the resulting generation is already closed.
      if (generation?.closed === true) generation = this.generation(key);
      if (generation === undefined) this.pipeline.drop('shutdown', 1);
      else if (generation === this.pipeline.dropping()) this.pipeline.drop('tenant_unknown', 1);
      else generation.receive(span as EndingSpan);
    });
  }

  /** Refuses further look-ups: clients may invent keys and must not start an unlimited number. */
  private turnAway(): Generation {
    this.pipeline.log.warn(
      'tenants.lookups',
      `${this.maxLookups} tenants are being looked up; no spans are made for others meanwhile.`,
    );
    return this.pipeline.dropping();
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

/** Whether a value is a promise of a configuration. Query builders are thenable, too. */
function isThenable<T>(value: T): value is T & PromiseLike<Awaited<T>> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Whether a look-up found nothing. Many databases return `null` for a missing row. */
function isNothing(config: TracerConfig | null | undefined): config is null | undefined {
  return config === undefined || config === null;
}
