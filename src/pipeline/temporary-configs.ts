import { mergeTracerConfig, type ResolvedTracerConfig } from '../config/resolve-config.js';
import type { TracerConfig } from '../config/tracer-config.js';
import { configKey } from './config-key.js';
import { GenerationSlot, type GenerationBuilder } from './generation-slot.js';
import { SlotCache } from './slot-cache.js';

const LIMITS = { maxActive: 256, idleMillis: 30_000 };

/**
 * The configurations of flows that run under one of their own, shared between flows that ask for the same.
 *
 * **Gotchas** The same change object over the same configuration is not looked into again: change it by making another.
 */
export class TemporaryConfigs {
  private readonly cache = new SlotCache(LIMITS);
  private readonly known = new WeakMap<TracerConfig, { base: TracerConfig; slot: GenerationSlot }>();

  constructor(
    private readonly builder: GenerationBuilder,
    private readonly resolve: (config: TracerConfig) => ResolvedTracerConfig,
  ) {}

  get size(): number {
    return this.cache.size;
  }

  get live(): number {
    return this.cache.live;
  }

  /** @throws TelemetryConfigError if the change over `base` cannot work */
  slot(base: TracerConfig, change: TracerConfig): GenerationSlot {
    const known = this.known.get(change);
    if (known?.base === base) return known.slot;
    const given = mergeTracerConfig(base, change);
    const resolved = this.resolve(given);
    const key = configKey(resolved);
    let slot = this.cache.get(key);
    if (slot === undefined) {
      slot = new GenerationSlot(this.builder, given, resolved, (used) => {
        this.cache.set(key, used);
      });
    }
    this.known.set(change, { base, slot });
    return slot;
  }

  clear(): Promise<void> {
    return this.cache.clear();
  }
}
