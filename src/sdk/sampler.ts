import type { Attributes, Context, Link, SpanKind, TraceState } from '@opentelemetry/api';

/** A sampler's decision, with the SDK's numbers. */
export const SamplingDecision = { NOT_RECORD: 0, RECORD: 1, RECORD_AND_SAMPLED: 2 } as const;

/**
 * Decides at a span's start whether it is recorded; samplers of OpenTelemetry SDK 2 and 3 have this shape.
 */
export interface Sampler {
  /**
   * Decides for one span.
   *
   * @returns `decision` 0: not recorded, 1: recorded for processors only, 2: recorded and exported; with
   *   additions to the span
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
  /** Describes the sampler in `status()` and logs. */
  toString(): string;
}

/** The decision of a {@link Sampler}, with its additions to the span. */
export type SamplingResult = ReturnType<Sampler['shouldSample']>;
