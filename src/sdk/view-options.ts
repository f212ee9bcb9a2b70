import type { Attributes, Context } from '@opentelemetry/api';

/**
 * Changes the streams of the instruments that it selects; views of OpenTelemetry SDK 2 and 3 have this shape.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view | Metrics SDK, view}
 */
export interface ViewOptions {
  /** New name of the stream. */
  readonly name?: string;
  /** New description of the stream. */
  readonly description?: string;
  /** Leave out or change attributes, each after the one before. */
  readonly attributesProcessors?: { process(incoming: Attributes, context?: Context): Attributes }[];
  /**
   * How measurements become series. `type` 0: default, 1: drop, 2: sum, 3: last value, 4: histogram with
   * explicit buckets, 5: exponential histogram.
   */
  readonly aggregation?: { readonly type: number; readonly options?: object };
  /** Most series of the stream. */
  readonly aggregationCardinalityLimit?: number;
  /** `COUNTER`, `GAUGE`, `HISTOGRAM`, `UP_DOWN_COUNTER`, `OBSERVABLE_COUNTER`, … */
  readonly instrumentType?: string;
  /** A name, in which `*` stands for any characters. */
  readonly instrumentName?: string;
  /** Unit of the selected instruments. */
  readonly instrumentUnit?: string;
  /** Name of the meter whose instruments are selected. */
  readonly meterName?: string;
  /** Version of that meter. */
  readonly meterVersion?: string;
  /** Schema of that meter. */
  readonly meterSchemaUrl?: string;
}
