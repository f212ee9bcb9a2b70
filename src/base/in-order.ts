/** Runs asynchronous changes one after the other; a failed change does not stop the next one. */
export class InOrder {
  private last: Promise<unknown> = Promise.resolve();

  /** Runs a change after all earlier ones have finished, and returns its result or throws its error. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const result = this.last.then(change, change);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all changes requested so far have finished. */
  async settled(): Promise<void> {
    await this.last;
  }
}
