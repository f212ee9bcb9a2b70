import type { ExportFailure } from './failures/export-failure.js';

/** The signals of OTLP; each has a service and a path of its own. */
export type OtlpSignal = 'traces' | 'metrics';

/** The outcome of one request. */
export type SendResult =
  | {
      readonly ok: true;
      readonly latencyMillis: number;
      /** Spans, or data points, that the receiver refused although it accepted the request. */
      readonly rejectedSpans: number;
      /** Why, or a warning of the receiver's. */
      readonly message: string;
    }
  | { readonly ok: false; readonly latencyMillis: number; readonly failure: ExportFailure };

/** A connection to an OTLP receiver, opened at the first request. */
export interface OtlpTransport {
  /** Where it sends, without credentials. */
  readonly target: string;
  /** The encoding of request bodies. */
  readonly encoding: 'protobuf' | 'json';
  /**
   * Sends one request of the signal's service; an empty one is valid and checks the way there. Never rejects.
   *
   * @param timeoutMillis - a lower limit than the transport's own
   */
  send(body: Buffer, timeoutMillis?: number): Promise<SendResult>;
  /** Closes sockets at once; requests on the way fail. Idempotent. */
  close(): void;
}
