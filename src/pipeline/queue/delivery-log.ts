import type { TelemetryLog } from '../../base/log.js';
import type { ExportFailure } from '../../otlp/failures/export-failure.js';
import type { DropReason } from '../span-sink.js';

const QUIET_MILLIS = 60_000;

/**
 * Drop reasons whose first span gets its own log line. Other reasons are part of a failed export's line.
 */
const ANNOUNCED: Readonly<Partial<Record<DropReason, string>>> = {
  queue_full:
    'the queue holds `batch.maxQueueSize` spans; spans are being dropped. Sample less, or raise it.',
  queue_bytes:
    'the queue holds `batch.maxQueueBytes` bytes; spans are being dropped. Sample less, or raise it.',
  too_large:
    'a span is larger than a receiver takes and was dropped. Set `spanLimits.attributeValueLengthLimit`.',
  unencodable: 'a span could not be read and was dropped.',
};

/**
 * Logs that spans are being lost or cannot be sent: once at the beginning and once at the end, with the
 * number. It writes at most one line a minute per cause.
 */
export class DeliveryLog {
  private readonly quietUntil = new Map<string, number>();
  /** The spans dropped since the last line that reported an end, by reason. */
  private readonly lost = new Map<DropReason, number>();
  private failingSince: number | undefined;
  private announced = false;

  constructor(
    private readonly log: TelemetryLog,
    /** The beginning of each line: instance, exporter and target. */
    private readonly prefix: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  failed({ code, reason, hint, retryable, blames }: ExportFailure): void {
    this.failingSince ??= this.now();
    const consequence = retryable
      ? 'Spans are kept and sent when it works.'
      : blames === 'destination'
        ? 'Spans are dropped until it works; it is tried again from time to time.'
        : 'The spans of this export were dropped.';
    this.begin(
      code,
      `export failed: ${reason} (${code}). ${hint === undefined ? '' : `${hint} `}${consequence}`,
    );
  }

  dropped(reason: DropReason, spans: number): void {
    this.lost.set(reason, (this.lost.get(reason) ?? 0) + spans);
    const text = ANNOUNCED[reason];
    if (text !== undefined) this.begin(reason, text);
  }

  /** Called when a receiver accepted an export only in part, or sent a warning with it. */
  partial(rejectedSpans: number, message: string): void {
    const what = rejectedSpans > 0 ? `the receiver refused ${rejectedSpans} spans` : 'the receiver warns';
    this.begin('partial_success', `${what}${message === '' ? '' : `: ${message}`}.`);
  }

  /**
   * Called when an export succeeded.
   *
   * @param calm - whether nothing waits to be sent, so that an overflow is over
   */
  succeeded(calm: boolean): void {
    if (this.failingSince === undefined && (this.lost.size === 0 || !calm)) return;
    this.end(this.failingSince === undefined ? undefined : this.now() - this.failingSince);
    this.failingSince = undefined;
  }

  /** Logs the spans that were lost when the queue was closed. */
  closed(): void {
    if (this.lost.size > 0) this.write('warn', `closed; ${this.summary()}.`);
    this.lost.clear();
  }

  private begin(cause: string, text: string): void {
    const now = this.now();
    if (now < (this.quietUntil.get(cause) ?? 0)) return;
    this.quietUntil.set(cause, now + QUIET_MILLIS);
    this.announced = true;
    this.write('warn', text);
  }

  private end(failingMillis: number | undefined): void {
    // The line about the beginning was held back, so this one is, too; the next line has the count.
    if (!this.announced) return;
    this.announced = false;
    const recovered =
      failingMillis === undefined
        ? 'no more spans are dropped'
        : `works again after ${(failingMillis / 1_000).toFixed(1)} s`;
    this.write('log', `${recovered}; ${this.lost.size > 0 ? this.summary() : 'no span was lost'}.`);
    this.lost.clear();
  }

  private summary(): string {
    let total = 0;
    const reasons: string[] = [];
    for (const [reason, spans] of this.lost) {
      total += spans;
      reasons.push(`${reason} ${spans}`);
    }
    return `${total} ${total === 1 ? 'span was' : 'spans were'} dropped (${reasons.join(', ')})`;
  }

  private write(level: 'log' | 'warn', text: string): void {
    try {
      this.log[level](`${this.prefix}: ${text}`);
    } catch {
      // A logger that throws must not break the code that ended the span.
    }
  }
}
