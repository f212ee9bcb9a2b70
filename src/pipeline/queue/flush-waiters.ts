interface Waiter {
  readonly epoch: number;
  remaining: number;
  readonly resolve: () => void;
}

/** Calls of `forceFlush` that wait until the spans accepted before them are delivered or dropped. */
export class FlushWaiters {
  private readonly waiting = new Set<Waiter>();

  /**
   * @param epoch - the newest epoch that is waited for
   * @param spans - how many of those are held now
   * @param limitMillis - resolves after it in any case; keeps the process alive until then
   */
  async wait(epoch: number, spans: number, limitMillis: number): Promise<void> {
    if (spans === 0) return;
    let timer: NodeJS.Timeout | undefined;
    let waiter: Waiter | undefined;
    await new Promise<void>((resolve) => {
      waiter = { epoch, remaining: spans, resolve };
      this.waiting.add(waiter);
      timer = setTimeout(resolve, limitMillis);
    });
    clearTimeout(timer);
    if (waiter !== undefined) this.waiting.delete(waiter);
  }

  /** So many spans of an epoch have been delivered or dropped. */
  settled(epoch: number, spans: number): void {
    for (const waiter of this.waiting) {
      if (epoch > waiter.epoch) continue;
      waiter.remaining -= spans;
      if (waiter.remaining <= 0) waiter.resolve();
    }
  }
}
