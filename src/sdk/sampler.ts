import type { Attributes, Context, Link, SpanKind, TraceState } from '@opentelemetry/api';

/** What a sampler decided, with the SDK's numbers. */
export const SamplingDecision = { NOT_RECORD: 0, RECORD: 1, RECORD_AND_SAMPLED: 2 } as const;

/** The decision of a {@link Sampler}, and what it adds to the span. */
export interface SamplingResult {
  /** 0: not recorded, 1: recorded for processors alone, 2: recorded and exported. */
  readonly decision: number;
  readonly attributes?: Readonly<Attributes>;
  readonly traceState?: TraceState;
}

/** Decides at a span's start whether it is recorded; samplers of OpenTelemetry SDK 2 and 3 have this shape. */
export interface Sampler {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult;
  toString(): string;
}
