/** Something that will be there, and those who wait for it. */
class Arrival<T> {
  resolve!: (value: T) => void;
  readonly promise = new Promise<T>((resolve) => {
    this.resolve = resolve;
  });
}

/** What is expected by name, asked for before or after it has come. */
export class Arrivals<T> {
  private readonly expected = new Map<symbol, Arrival<T>>();

  of(id: symbol): Arrival<T> {
    let arrival = this.expected.get(id);
    if (arrival === undefined) this.expected.set(id, (arrival = new Arrival()));
    return arrival;
  }
}
