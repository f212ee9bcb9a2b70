import type { Attributes, Context } from '@opentelemetry/api';

/** How measurements become series. */
export interface AggregationOption {
  /** 0: default, 1: drop, 2: sum, 3: last value, 4: histogram with explicit buckets, 5: exponential histogram. */
  readonly type: number;
  readonly options?: object;
}

/**
 * Changes the streams of the instruments that it selects; views of OpenTelemetry SDK 2 and 3 have this shape.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view | Metrics SDK, view}
 */
export interface ViewOptions {
  readonly name?: string;
  readonly description?: string;
  /** Leave out or change attributes, each after the one before. */
  readonly attributesProcessors?: { process(incoming: Attributes, context?: Context): Attributes }[];
  readonly aggregation?: AggregationOption;
  readonly aggregationCardinalityLimit?: number;
  /** `COUNTER`, `GAUGE`, `HISTOGRAM`, `UP_DOWN_COUNTER`, `OBSERVABLE_COUNTER`, … */
  readonly instrumentType?: string;
  /** A name, in which `*` stands for any characters. */
  readonly instrumentName?: string;
  readonly instrumentUnit?: string;
  readonly meterName?: string;
  readonly meterVersion?: string;
  readonly meterSchemaUrl?: string;
}
