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
const NOWHERE: FlowTarget<Generation> = { current: () => undefined };

/**
 * Creates the temporary configurations of flows, and shares one between flows that ask for the same change.
 *
 * **Gotchas** A change object is read once per base configuration. To change it, pass a new object.
 */
export class TemporaryConfigs {
  private readonly cache = new SlotCache(LIMITS);
  private readonly known = new WeakMap<TracerConfig, { base: TracerConfig; slot: GenerationSlot }>();
  /**
   * Configurations that stand in for one that is being looked up, each with the target that will know the
   * real one.
   */
  private readonly standIns = new WeakMap<TracerConfig, FlowTarget<Generation>>();

  constructor(
    private readonly builder: GenerationBuilder,
    private readonly resolve: (config: TracerConfig) => ResolvedTracerConfig,
    private readonly log: RateLimitedLog,
  ) {}

  get size(): number {
    return this.cache.size;
  }

  /** Registers `base` as the stand-in for the configuration of `settled`, which becomes known later. */
  standIn(base: TracerConfig, settled: FlowTarget<Generation>): void {
    this.standIns.set(base, settled);
  }

  /**
   * Returns the target for flows with a temporary change.
   *
   * @throws TelemetryConfigError if the change over `base` is invalid
   */
  target(base: TracerConfig, change: TracerConfig): FlowTarget<Generation> {
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

  /**
   * Returns a target whose spans wait until the look-up is over, and then applies the change to its result.
   */
  private overSettled(settled: FlowTarget<Generation>, change: TracerConfig): Generation | undefined {
    const base = settled.current();
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
