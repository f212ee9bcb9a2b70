/** State of one reader. */
export interface MetricReaderStatus {
  /** Type of the reader, or class name of an exporter given in code. */
  readonly reader: string;
  /** Where it sends, without credentials; absent for local ones. */
  readonly target?: string;
  readonly exports: number;
  /** Exports of which nothing arrived. With cumulative temporality the next one makes up for them. */
  readonly failures: number;
  readonly lastSuccessAt?: Date;
  readonly lastError?: { readonly at: Date; readonly code: string; readonly reason: string };
}
