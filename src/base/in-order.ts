/** Runs asynchronous changes one after the other, also after one has failed. */
export class InOrder {
  private last: Promise<unknown> = Promise.resolve();

  /** Runs the change when those before it are over; its result, or error, is handed on. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const result = this.last.then(change, change);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when the changes that were asked for so far are over. */
  async settled(): Promise<void> {
    await this.last;
  }
}
