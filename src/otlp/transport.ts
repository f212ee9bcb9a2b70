import type { ExportOutcome } from './export-outcome.js';

/** The signals of OTLP; each has a service and a path of its own. */
export type OtlpSignal = 'traces' | 'metrics';

/** The outcome of one request, and how long it took. */
export type SendResult = ExportOutcome & { readonly latencyMillis: number };

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
  sendRequest(body: Buffer, timeoutMillis?: number): Promise<SendResult>;
  /** Closes sockets at once; requests on the way fail. Idempotent. */
  close(): void;
}
