import type { Part } from './segment.js';

/** Spans that are sent together, until they are delivered or dropped. */
export class Batch {
  readonly spans: number;
  readonly bytes: number;
  /** The time of the first failed export, on the clock of `performance.now()`. */
  private failedAt: number | undefined;
  /** Whether the batch was delivered or dropped; later answers of the exporter are ignored. */
  settled = false;

  constructor(readonly parts: readonly Part[]) {
    this.spans = parts.reduce((sum, part) => sum + part.spans, 0);
    this.bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  }

  /**
   * Records another failed export.
   *
   * @param lastSuccessAt - the time at which the receiver last accepted another batch; if it accepts none,
   *   this batch is not at fault
   * @returns whether the batch may be retried
   */
  failedAgain(maxRetryMillis: number, lastSuccessAt: number, now: number = performance.now()): boolean {
    this.failedAt ??= now;
    return now - this.failedAt < maxRetryMillis || lastSuccessAt < this.failedAt;
  }

  /** Splits the batch into two of about half the spans each. It must have at least two spans. */
  halve(): readonly [Batch, Batch] {
    const half = this.spans >>> 1;
    const front: Part[] = [];
    const back: Part[] = [];
    let count = 0;
    for (const part of this.parts) {
      if (count + part.spans <= half) front.push(part);
      else if (count >= half) back.push(part);
      else if (part.spans === 1) back.push(part);
      else {
        const [one, other] = part.split();
        front.push(one);
        back.push(other);
      }
      count += part.spans;
    }
    if (front.length === 0) front.push(...back.splice(0, 1));
    return [this.child(front), this.child(back)];
  }

  private child(parts: readonly Part[]): Batch {
    const batch = new Batch(parts);
    batch.failedAt = this.failedAt;
    return batch;
  }
}
