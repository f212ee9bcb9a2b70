import type { Attributes } from '@opentelemetry/api';

/** Makes a histogram of a span's durations, sampled or not. */
export interface CallMetric {
  /** Name of the histogram, in seconds; default the span's with `.duration` behind it. */
  readonly name?: string;
  /**
   * Attributes of the span that the histogram takes too: of few values each, since every
   * combination is a series.
   */
  readonly attributes?: readonly string[];
}

/** A histogram that the library fills itself. */
export interface HistogramDefinition {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly boundaries: readonly number[];
}

/** Takes the durations of calls. */
export interface CallMeter {
  /** Whether anything is measured. */
  readonly enabled: boolean;
  recordCall(name: string, seconds: number, attributes: Attributes): void;
  /** Adds to a counter, such as that of messages. */
  countCalls(name: string, count: number, attributes: Attributes): void;
  /** Adds to a counter that goes down again, such as that of open connections. */
  countOpen(name: string, change: number, attributes: Attributes): void;
  /** Counts an entry of a tenant, where the options ask for it. */
  countTenant(tenant: string): void;
  record(definition: HistogramDefinition, value: number, attributes: Attributes): void;
}
