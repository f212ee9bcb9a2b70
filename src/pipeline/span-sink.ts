import type { ReadableSpan } from '../sdk/readable-span.js';

/** The reason why an accepted span did not arrive. */
export type DropReason =
  | 'queue_full'
  | 'queue_bytes'
  | 'too_large'
  | 'rejected'
  | 'retries_exhausted'
  | 'permanent_error'
  | 'shutdown'
  | 'exporter_error'
  | 'unencodable'
  | 'generation_closed'
  | 'tenant_unknown';

/**
 * The state of one exporter's queue. At every moment
 * `ended = delivered + dropped (all reasons) + queuedSpans`; spans in flight count as queued.
 */
export interface ExporterStatus {
  /** The exporter's type, such as `otlp-grpc`, or the class name of an exporter given in code. */
  readonly exporter: string;
  /** The receiver's address, without credentials; absent for local exporters. */
  readonly target?: string;
  /** The number of spans that were passed to the exporter. */
  readonly ended: number;
  /** The number of spans that arrived. */
  readonly delivered: number;
  /** The number of lost spans, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** The number of spans that wait or are being sent. */
  readonly queuedSpans: number;
  /** The encoded bytes that wait or are being sent. */
  readonly queuedBytes: number;
  /** The number of spans that are being sent. */
  readonly inFlightSpans: number;
  /** The number of retried exports. */
  readonly retries: number;
  /**
   * The circuit breaker: `open` while the receiver is down and spans are kept, `half-open` while one export
   * probes it, else `closed`.
   */
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** The time of the last successful export; absent before the first. */
  readonly lastSuccessAt?: Date;
  /** The last failed export, absent if none failed; never contains a header value. */
  readonly lastError?: {
    /** The time of the failure. */
    readonly at: Date;
    /** The failure's code: a gRPC status name, `HTTP 401`, or a Node error code such as `ECONNREFUSED`. */
    readonly code: string;
    /** The cause, in one sentence. */
    readonly reason: string;
    /** The remedy for the failure. */
    readonly hint?: string;
  };
}

/** The last failed export of an exporter. */
export type ExportFailureStatus = NonNullable<ExporterStatus['lastError']>;

/**
 * Accepts a generation's ended spans: a queue in front of one exporter, shared by all generations and
 * tenants that name the same exporter. Spans carry their own resource.
 */
export interface SpanSink {
  /** Accepts an ended, masked span, or counts it as dropped. Never throws. */
  acceptSpan(span: ReadableSpan): void;
  /**
   * Resolves when every span accepted before the call is delivered or counted as dropped. A queue waits for
   * at most `exportTimeoutMillis`, and retries a failing receiver once early. Never rejects.
   */
  forceFlush(): Promise<void>;
  /**
   * Delivers spans within the time, then closes the exporter and its sockets in any case. Idempotent, never
   * rejects.
   *
   * @param timeoutMillis - the time limit, in milliseconds; spans that are left count as dropped with
   *   reason `shutdown`
   */
  shutdown(timeoutMillis: number): Promise<void>;
  /** Sends nothing until the shutdown. @returns `false` if an export is running, which cannot be held */
  hold?(): boolean;
  /**
   * Makes the current or a later shutdown end without waiting for the receiver; spans that are left count
   * as dropped with reason `shutdown`.
   */
  dropRest?(): void;
  /** Returns the counts and the state of the exporter. */
  status(): ExporterStatus;
}
