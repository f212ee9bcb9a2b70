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

/** The last failed export, in words that help. Never contains a header value. */
export interface ExportFailureStatus {
  readonly at: Date;
  /** gRPC status name, `HTTP 401`, or a Node error code such as `ECONNREFUSED`. */
  readonly code: string;
  readonly reason: string;
  readonly hint?: string;
}

/**
 * State of one exporter's queue. At every moment `ended = delivered + dropped (all reasons) + queuedSpans`;
 * spans in flight count as queued.
 */
export interface SinkStatus {
  /** The exporter's type, such as `otlp-grpc`, or the class name of an exporter given in code. */
  readonly exporter: string;
  /** Where it sends, without credentials; absent for local exporters. */
  readonly target?: string;
  readonly ended: number;
  readonly delivered: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  readonly queuedSpans: number;
  readonly queuedBytes: number;
  readonly inFlightSpans: number;
  readonly retries: number;
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly lastSuccessAt?: Date;
  readonly lastError?: ExportFailureStatus;
}

/**
 * Where a generation hands over its ended spans: a queue in front of one exporter, shared by every generation and
 * tenant that names the same exporter. Spans carry their own resource.
 */
export interface SpanSink {
  /** Takes an ended, masked span; counts it as dropped if it cannot. Never throws. */
  accept(span: ReadableSpan): void;
  /**
   * Resolves when every span accepted before the call is delivered or counted as dropped; a queue waits for `exportTimeoutMillis` at
   * most, and tries a failing receiver once before its time. Never rejects.
   */
  forceFlush(): Promise<void>;
  /**
   * Delivers what it can, then closes the exporter and its sockets, whatever happens. Idempotent, never rejects.
   *
   * @param timeoutMillis - after it, what is left is counted as dropped with reason `shutdown`
   */
  shutdown(timeoutMillis: number): Promise<void>;
  /** Ends a shutdown, begun or to come, without waiting for the receiver: what is left is counted as dropped with reason `shutdown`. */
  abandon?(): void;
  status(): SinkStatus;
}
