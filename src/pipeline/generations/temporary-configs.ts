import {
  mergeTracerConfig,
  validateTracerConfig,
  type ResolvedTracerConfig,
} from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { FlowTarget } from '../../context/flow-context.js';
import { contentKey } from '../../config/content-key.js';
import type { Generation } from './generation.js';
import { GenerationSlot, type GenerationBuilder } from './generation-slot.js';
import { errorText, type RateLimitedLog } from '../../base/rate-limited-log.js';
import { SlotCache } from './slot-cache.js';

const LIMITS = { maxActive: 256, idleMillis: 30_000 };
const NOWHERE: FlowTarget = { current: () => undefined };

/**
 * The configurations of flows that run under one of their own, shared between flows that ask for the same.
 *
 * **Gotchas** A change object that was seen over this configuration is not read again:
 * change it by making another.
 */
export class TemporaryConfigs {
  private readonly cache = new SlotCache(LIMITS);
  private readonly known = new WeakMap<TracerConfig, { base: TracerConfig; slot: GenerationSlot }>();
  /** Configurations that stand in for others which are being looked up, and who tells those. */
  private readonly standIns = new WeakMap<TracerConfig, FlowTarget>();

  constructor(
    private readonly builder: GenerationBuilder,
    private readonly resolve: (config: TracerConfig) => ResolvedTracerConfig,
    private readonly log: RateLimitedLog,
  ) {}

  get size(): number {
    return this.cache.size;
  }

  /** Says that `base` stands in for the configuration that `settled` leads to once it is known. */
  standIn(base: TracerConfig, settled: FlowTarget): void {
    this.standIns.set(base, settled);
  }

  /** @throws TelemetryConfigError if the change over `base` cannot work */
  target(base: TracerConfig, change: TracerConfig): FlowTarget {
    if (!this.builder.running) {
      validateTracerConfig(change);
      return NOWHERE;
    }
    const settled = this.standIns.get(base);
    if (settled === undefined) return this.slot(base, change);
    this.resolve(mergeTracerConfig(base, change));
    return { current: () => this.overSettled(settled, change) };
  }

  evictAll(): Promise<void> {
    return this.cache.evictAll();
  }

  /** Lets spans wait like those of the flow around until the look-up is over; then the change holds. */
  private overSettled(settled: FlowTarget, change: TracerConfig): Generation | undefined {
    const base = settled.current() as Generation | undefined;
    if (base === undefined || this.standIns.has(base.given)) return base;
    try {
      return this.slot(base.given, change).current();
    } catch (error) {
      this.log.warn('temporary', `A temporary configuration does not fit a tenant's: ${errorText(error)}`);
      return base;
    }
  }

  private slot(base: TracerConfig, change: TracerConfig): GenerationSlot {
    const known = this.known.get(change);
    if (known?.base === base) return known.slot;
    const given = mergeTracerConfig(base, change);
    const resolved = this.resolve(given);
    const key = contentKey(resolved);
    let slot = this.cache.get(key);
    if (slot === undefined) {
      slot = new GenerationSlot(this.builder, given, resolved, (used) => {
        this.cache.set(key, used);
      });
    }
    this.known.set(change, { base, slot });
    return slot;
  }
}
