import type { Attributes, Context } from '@opentelemetry/api';

/**
 * Changes the metric streams of the selected instruments; views of OpenTelemetry SDK 2 and 3 have this
 * shape.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view | Metrics SDK, view}
 */
export interface ViewOptions {
  /** The new name of the stream. */
  readonly name?: string;
  /** The new description of the stream. */
  readonly description?: string;
  /** Processors that remove or change attributes, applied in order. */
  readonly attributesProcessors?: { process(incoming: Attributes, context?: Context): Attributes }[];
  /**
   * The aggregation. `type` 0: default, 1: drop, 2: sum, 3: last value, 4: histogram with explicit buckets,
   * 5: exponential histogram.
   */
  readonly aggregation?: { readonly type: number; readonly options?: object };
  /** The most series of the stream. */
  readonly aggregationCardinalityLimit?: number;
  /**
   * The kind of the selected instruments: `COUNTER`, `GAUGE`, `HISTOGRAM`, `UP_DOWN_COUNTER`,
   * `OBSERVABLE_COUNTER`, …
   */
  readonly instrumentType?: string;
  /** The name of the selected instruments; `*` stands for any characters. */
  readonly instrumentName?: string;
  /** The unit of the selected instruments. */
  readonly instrumentUnit?: string;
  /** The name of the selected instruments' meter. */
  readonly meterName?: string;
  /** The version of the selected instruments' meter. */
  readonly meterVersion?: string;
  /** The schema URL of the selected instruments' meter. */
  readonly meterSchemaUrl?: string;
}
