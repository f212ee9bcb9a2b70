import type { DropReason, ExportFailureStatus } from '../span-sink.js';
import type { ExportFailure } from '../../otlp/failures/export-failure.js';

/** Counts every span of one exporter: how many ended, and the outcome of each. */
export class Ledger {
  ended = 0;
  delivered = 0;
  retries = 0;
  lastSuccessAt: Date | undefined;
  lastError: ExportFailureStatus | undefined;
  private readonly byReason: Partial<Record<DropReason, number>> = {};

  drop(reason: DropReason, spans: number): void {
    this.byReason[reason] = (this.byReason[reason] ?? 0) + spans;
  }

  succeeded(spans: number): void {
    this.delivered += spans;
    this.lastSuccessAt = new Date();
  }

  failed({ code, reason, hint }: ExportFailure): void {
    this.lastError = { at: new Date(), code, reason, ...(hint !== undefined && { hint }) };
  }

  get dropped(): Readonly<Partial<Record<DropReason, number>>> {
    return { ...this.byReason };
  }
}
