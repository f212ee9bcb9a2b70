import type { Part } from './segment.js';

/** Spans that are sent together, until they are delivered or dropped. */
export class Batch {
  readonly spans: number;
  readonly bytes: number;
  /** When the first export failed, on the clock of `performance.now()`. */
  private failedAt: number | undefined;
  /** Delivered or dropped: what still comes back from the exporter changes nothing. */
  settled = false;

  constructor(readonly parts: readonly Part[]) {
    this.spans = parts.reduce((sum, part) => sum + part.spans, 0);
    this.bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  }

  /**
   * Notes another failed export.
   *
   * @param lastSuccessAt - when the receiver last took another batch: while it takes none, the
   *   fault is not this batch's
   * @returns whether it may be tried again
   */
  failedAgain(maxRetryMillis: number, lastSuccessAt: number, now: number = performance.now()): boolean {
    this.failedAt ??= now;
    return now - this.failedAt < maxRetryMillis || lastSuccessAt < this.failedAt;
  }

  /** Two batches of about half the spans each; only with two spans or more. */
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
