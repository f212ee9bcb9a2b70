/**
 * Calls that a library begins and ends through callbacks. A callback may be lost, such as that of an
 * abandoned stream; beyond a limit, the oldest call is evicted.
 */
export class OpenCalls<T> {
  private readonly calls = new Map<string, T>();

  constructor(
    private readonly onEvicted: (call: T) => void,
    private readonly limit = 10_000,
  ) {}

  get(id: unknown): T | undefined {
    return this.calls.get(String(id));
  }

  set(id: unknown, call: T): void {
    const [oldest] = this.calls.keys();
    if (this.calls.size >= this.limit && oldest !== undefined) this.onEvicted(this.take(oldest) as T);
    this.calls.set(String(id), call);
  }

  take(id: unknown): T | undefined {
    const call = this.get(id);
    this.calls.delete(String(id));
    return call;
  }
}
