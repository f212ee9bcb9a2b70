import type { Batch } from './batch.js';

/** The most failed batches before retries get priority over new spans. */
const MAX_PARKED = 8;

/** Failed batches that will be sent again. */
export class RetryList {
  private batches: Batch[] = [];
  private skipped = false;

  add(batch: Batch): void {
    this.batches.push(batch);
  }

  addFirst(batches: readonly Batch[]): void {
    this.batches.unshift(...batches);
  }

  /**
   * Removes and returns the next batch to send again.
   *
   * @param mayBeOther - whether the export is a probe that new spans could serve as well. Every other probe
   *   uses new spans, so that one bad batch does not block all others
   */
  next(mayBeOther: boolean): Batch | undefined {
    if (mayBeOther && !this.skipped && this.batches.length > 0 && this.batches.length < MAX_PARKED) {
      this.skipped = true;
      return undefined;
    }
    this.skipped = false;
    return this.batches.shift();
  }

  takeAll(): Batch[] {
    const { batches } = this;
    this.batches = [];
    return batches;
  }
}
