import type { GenerationSlot } from './generation-slot.js';

/** The limits of a {@link SlotCache}. */
export interface SlotCacheLimits {
  /** The most slots; beyond it, the least recently used one is evicted. Its spans are still delivered. */
  readonly maxActive: number;
  /** The idle time after which a slot is evicted, in milliseconds. */
  readonly idleMillis: number;
}

/** Keeps the most recently used slots, by key. */
export class SlotCache {
  private readonly slots = new Map<string, GenerationSlot>();
  private sweep: NodeJS.Timeout | undefined;

  constructor(private readonly limits: SlotCacheLimits) {}

  get size(): number {
    return this.slots.size;
  }

  get(key: string): GenerationSlot | undefined {
    const slot = this.slots.get(key);
    if (slot !== undefined) {
      // The slot is inserted again at the end, so that the map's order is the order of use.
      this.slots.delete(key);
      this.slots.set(key, slot);
    }
    return slot;
  }

  /** Stores a slot; another one under the same key is evicted. */
  set(key: string, slot: GenerationSlot): void {
    const replaced = this.slots.get(key);
    if (replaced !== undefined && replaced !== slot) void replaced.close();
    this.slots.delete(key);
    this.slots.set(key, slot);
    if (this.slots.size > this.limits.maxActive) {
      const [oldest] = this.slots;
      if (oldest !== undefined) this.evict(...oldest);
    }
    this.sweep ??= setInterval(() => {
      this.evictIdle();
    }, this.limits.idleMillis).unref();
  }

  evictKey(key: string): void {
    const slot = this.slots.get(key);
    if (slot !== undefined) this.evict(key, slot);
  }

  /** Evicts all slots; resolves when their spans are delivered and their exporters are closed. */
  async evictAll(): Promise<void> {
    clearInterval(this.sweep);
    this.sweep = undefined;
    const slots = [...this.slots.values()];
    this.slots.clear();
    await Promise.all(slots.map((slot) => slot.close()));
  }

  private evictIdle(): void {
    const before = performance.now() - this.limits.idleMillis;
    for (const [key, slot] of this.slots) {
      if (slot.idle && slot.lastUsed <= before) this.evict(key, slot);
    }
    if (this.slots.size > 0) return;
    clearInterval(this.sweep);
    this.sweep = undefined;
  }

  private evict(key: string, slot: GenerationSlot): void {
    this.slots.delete(key);
    void slot.close();
  }
}
