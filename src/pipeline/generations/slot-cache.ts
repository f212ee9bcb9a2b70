import type { GenerationSlot } from './generation-slot.js';

/** Bounds of a {@link SlotCache}. */
export interface SlotCacheLimits {
  /** Over this many the longest unused is given up; its spans are still delivered. */
  readonly maxActive: number;
  /** A slot unused for this long is given up, in milliseconds. */
  readonly idleMillis: number;
}

/** Keeps slots by key, the most recently used ones, each for as long as it is used. */
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
      // Re-inserted at the end: a map's order is then the order of use.
      this.slots.delete(key);
      this.slots.set(key, slot);
    }
    return slot;
  }

  /** Keeps a slot; another one under the same key is given up. */
  set(key: string, slot: GenerationSlot): void {
    const replaced = this.slots.get(key);
    if (replaced !== undefined && replaced !== slot) void replaced.retire();
    this.slots.delete(key);
    this.slots.set(key, slot);
    if (this.slots.size > this.limits.maxActive) {
      const [oldest] = this.slots;
      if (oldest !== undefined) this.giveUp(...oldest);
    }
    this.sweep ??= setInterval(() => {
      this.giveUpIdle();
    }, this.limits.idleMillis).unref();
  }

  delete(key: string): void {
    const slot = this.slots.get(key);
    if (slot !== undefined) this.giveUp(key, slot);
  }

  /** Gives all of them up; resolves when what their spans left is delivered and closed. */
  async clear(): Promise<void> {
    clearInterval(this.sweep);
    this.sweep = undefined;
    const slots = [...this.slots.values()];
    this.slots.clear();
    await Promise.all(slots.map((slot) => slot.retire()));
  }

  private giveUpIdle(): void {
    const before = performance.now() - this.limits.idleMillis;
    for (const [key, slot] of this.slots) {
      if (slot.idle && slot.lastUsed <= before) this.giveUp(key, slot);
    }
    if (this.slots.size > 0) return;
    clearInterval(this.sweep);
    this.sweep = undefined;
  }

  private giveUp(key: string, slot: GenerationSlot): void {
    this.slots.delete(key);
    void slot.retire();
  }
}
