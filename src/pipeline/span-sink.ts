import type { ReadableSpan } from '../sdk/readable-span.js';

/** Why a span that was accepted did not arrive. */
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
 * State of one exporter's queue. At every moment `ended = delivered + dropped (all reasons) + queuedSpans`;
 * spans in flight count as queued.
 */
export interface ExporterStatus {
  /** The exporter's type, such as `otlp-grpc`, or the class name of an exporter given in code. */
  readonly exporter: string;
  /** Where it sends, without credentials; absent for local exporters. */
  readonly target?: string;
  /** Spans that were handed to the exporter. */
  readonly ended: number;
  /** Spans that arrived. */
  readonly delivered: number;
  /** Spans that were lost, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Spans that wait or are being sent. */
  readonly queuedSpans: number;
  /** Bytes that wait or are being sent, as encoded. */
  readonly queuedBytes: number;
  /** Spans that are being sent. */
  readonly inFlightSpans: number;
  /** Exports that were tried again. */
  readonly retries: number;
  /**
   * Circuit breaker: `open` while the receiver is down and spans are kept, `half-open` while one export
   * probes it.
   */
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** When the last export arrived. */
  readonly lastSuccessAt?: Date;
  /** The last failed export, in words that help; never contains a header value. */
  readonly lastError?: {
    /** When it failed. */
    readonly at: Date;
    /** gRPC status name, `HTTP 401`, or a Node error code such as `ECONNREFUSED`. */
    readonly code: string;
    /** The failure in one sentence. */
    readonly reason: string;
    /** The remedy. */
    readonly hint?: string;
  };
}

/** The last failed export of an exporter. */
export type ExportFailureStatus = NonNullable<ExporterStatus['lastError']>;

/**
 * Where a generation hands over its ended spans: a queue in front of one exporter, shared by every generation
 * and tenant that names the same exporter. Spans carry their own resource.
 */
export interface SpanSink {
  /** Takes an ended, masked span; counts it as dropped if it cannot. Never throws. */
  acceptSpan(span: ReadableSpan): void;
  /**
   * Resolves when every span accepted before the call is delivered or counted as dropped; a queue waits for
   * `exportTimeoutMillis` at most, and tries a failing receiver once before its time. Never rejects.
   */
  forceFlush(): Promise<void>;
  /**
   * Delivers what it can, then closes the exporter and its sockets, whatever happens.
   * Idempotent, never rejects.
   *
   * @param timeoutMillis - after it, what is left is counted as dropped with reason `shutdown`
   */
  shutdown(timeoutMillis: number): Promise<void>;
  /**
   * Sends nothing until the shutdown. @returns `false` if an export is on its way,
   * which a hold would not stop
   */
  hold?(): boolean;
  /**
   * Ends a shutdown, begun or to come, without waiting for the receiver: what is left is counted as
   * dropped with reason `shutdown`.
   */
  dropRest?(): void;
  /** Counts and state of the exporter. */
  status(): ExporterStatus;
}
