import type { Attributes, Context, Link, SpanKind, TraceState } from '@opentelemetry/api';

/** A sampler's decision, with the SDK's numbers. */
export const SamplingDecision = { NOT_RECORD: 0, RECORD: 1, RECORD_AND_SAMPLED: 2 } as const;

/**
 * Decides at a span's start whether it is recorded; samplers of OpenTelemetry SDK 2 and 3 have this shape.
 */
export interface Sampler {
  /**
   * Decides about one span.
   *
   * @returns `decision` 0: not recorded, 1: recorded for processors alone, 2: recorded and exported; and
   *   what it adds to the span
   */
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): {
    readonly decision: number;
    readonly attributes?: Readonly<Attributes>;
    readonly traceState?: TraceState;
  };
  /** Describes it in `status()` and logs. */
  toString(): string;
}

/** The decision of a {@link Sampler}, and what it adds to the span. */
export type SamplingResult = ReturnType<Sampler['shouldSample']>;
