/**
 * Collects values that files announce when they are loaded: before an app exists or, if loaded lazily,
 * after its start.
 */
export class Announcements<T> {
  private readonly values = new Set<T>();
  private readonly listeners = new Set<WeakRef<(value: T) => void>>();

  /** Returns every announced value once. */
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

  /**
   * Adds a listener.
   *
   * @param listener - called for each later value; held weakly, so that a closed app can be collected
   */
  listen(listener: (value: T) => void): void {
    this.listeners.add(new WeakRef(listener));
  }
}
