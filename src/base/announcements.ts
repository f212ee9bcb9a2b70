/** Values that files announce as they are loaded: before an app exists or, lazily, after its start. */
export class Announcements<T> {
  private readonly values = new Set<T>();
  private readonly listeners = new Set<WeakRef<(value: T) => void>>();

  /** Every value that has come up, each once. */
  get all(): readonly T[] {
    return [...this.values];
  }

  add(value: T): void {
    if (this.values.has(value)) return;
    this.values.add(value);
    for (const reference of this.listeners) {
      const listener = reference.deref();
      if (listener === undefined) this.listeners.delete(reference);
      else listener(value);
    }
  }

  /** @param listener - called with what comes up from now on; held weakly, so that an app may go away */
  listen(listener: (value: T) => void): void {
    this.listeners.add(new WeakRef(listener));
  }
}
