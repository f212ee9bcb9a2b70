import type { Batch } from './batch.js';

/** Failed batches beyond it are tried before anything new is. */
const MAX_PARKED = 8;

/** Batches that failed and are to be sent again. */
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
   * @param mayBeOther - a probe that could as well be made with new spans: every other one is, so that a
   *   batch which the receiver chokes on does not hold up all others
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
