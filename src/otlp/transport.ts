import type { ExportOutcome } from './export-outcome.js';

/** The signals of OTLP; each has its own service and path. */
export type OtlpSignal = 'traces' | 'metrics';

/** The outcome of one request, with its duration. */
export type SendResult = ExportOutcome & { readonly latencyMillis: number };

/** A connection to an OTLP receiver; opened by the first request. */
export interface OtlpTransport {
  /** The receiver's address, without credentials. */
  readonly target: string;
  /** The encoding of request bodies. */
  readonly encoding: 'protobuf' | 'json';
  /**
   * Sends one request. An empty one is valid and tests the connection. Never rejects.
   *
   * @param timeoutMillis - a time limit below the transport's own, in milliseconds
   */
  sendRequest(body: Buffer, timeoutMillis?: number): Promise<SendResult>;
  /** Closes all sockets at once; pending requests fail. Idempotent. */
  close(): void;
}
