interface Waiter {
  readonly epoch: number;
  remaining: number;
  readonly resolve: () => void;
}

/** Calls of `forceFlush` that wait until all earlier spans are delivered or dropped. */
export class FlushWaiters {
  private readonly waiting = new Set<Waiter>();

  /**
   * Resolves when spans that are held now are delivered or dropped, or when the time is over.
   *
   * @param epoch - the newest epoch to wait for
   * @param spans - the number of spans of these epochs that are held now
   * @param limitMillis - the longest wait, in milliseconds; the timer keeps the process alive
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

  /** Records that spans of an epoch were delivered or dropped. */
  settled(epoch: number, spans: number): void {
    for (const waiter of this.waiting) {
      if (epoch > waiter.epoch) continue;
      waiter.remaining -= spans;
      if (waiter.remaining <= 0) waiter.resolve();
    }
  }
}
