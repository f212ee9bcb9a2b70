/** The result of `MeterManager.status()`. */
export interface MetricsStatus {
  /** Whether anything is measured. */
  readonly enabled: boolean;
  /** How many configurations have been live. */
  readonly generation: number;
  /** Readers that export on a schedule. */
  readonly readers: readonly {
    /** Type of the reader, or class name of an exporter given in code. */
    readonly reader: string;
    /** Where it sends, without credentials; absent for local ones. */
    readonly target?: string;
    /** Exports that arrived. */
    readonly exports: number;
    /** Exports of which nothing arrived. With cumulative temporality the next one makes up for them. */
    readonly failures: number;
    /** When the last export arrived. */
    readonly lastSuccessAt?: Date;
    /** The last export of which nothing arrived. */
    readonly lastError?: { readonly at: Date; readonly code: string; readonly reason: string };
  }[];
}

/** State of one reader. */
export type MetricReaderStatus = MetricsStatus['readers'][number];
