/** The result of `MeterManager.status()`. */
export interface MetricsStatus {
  /** Whether anything is measured. */
  readonly enabled: boolean;
  /** The number of configurations so far. */
  readonly generation: number;
  /** The readers that export on a schedule. */
  readonly readers: readonly {
    /** The reader's type, or the class name of an exporter given in code. */
    readonly reader: string;
    /** The receiver's address, without credentials; absent for local readers. */
    readonly target?: string;
    /** The number of successful exports. */
    readonly exports: number;
    /**
     * The number of exports that failed entirely. With cumulative temporality, the next export makes up for
     * them.
     */
    readonly failures: number;
    /** The time of the last successful export; absent before the first. */
    readonly lastSuccessAt?: Date;
    /** The last export that failed entirely; absent if none did. */
    readonly lastError?: { readonly at: Date; readonly code: string; readonly reason: string };
  }[];
}

/** The state of one reader. */
export type MetricReaderStatus = MetricsStatus['readers'][number];
