import type { Attributes } from '@opentelemetry/api';

/** Records a histogram of a span's durations, sampled or not. */
export interface CallMetric {
  /** The histogram's name; default: the span's name with `.duration`. Its unit is seconds. */
  readonly name?: string;
  /**
   * Span attributes that the histogram also gets; default none. Each must have few values, since every
   * combination is a series.
   */
  readonly attributes?: readonly string[];
}

/** A histogram that the library records itself. */
export interface HistogramDefinition {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly boundaries: readonly number[];
}

/** A figure that is read whenever metrics are collected. */
export interface ObservedDefinition {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Whether the figure is a total, which only grows; default false. */
  readonly isTotal?: boolean;
}

/** Records the durations and counts of calls. */
export interface CallMeter {
  /** Whether anything is measured. */
  readonly enabled: boolean;
  recordCall(name: string, seconds: number, attributes: Attributes): void;
  /** Adds to a counter, such as that of messages. */
  countCalls(name: string, count: number, attributes: Attributes): void;
  /** Adds to an up-down counter, such as that of open connections. */
  countOpen(name: string, change: number, attributes: Attributes): void;
  /** Counts an entry of a tenant, if the options ask for it. */
  countTenant(tenant: string): void;
  record(definition: HistogramDefinition, value: number, attributes: Attributes): void;
  /** Calls `read` at each collection; it tells the values of the figures by their names. */
  observe(
    definitions: readonly ObservedDefinition[],
    read: (tell: (name: string, value: number, attributes: Attributes) => void) => void,
  ): void;
}
