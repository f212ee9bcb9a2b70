import type { Attributes, Context, Link, SpanContext, SpanKind } from '@opentelemetry/api';
import type { SamplingResult } from '../../sdk/sampler.js';

/** Decides at a span's start whether it is recorded. Never throws. */
export interface HeadSampler {
  /** Whether `sample` reads the attributes, so that callers must build them first. */
  readonly needsAttributes: boolean;
  /**
   * Decides whether a new span is recorded and sampled.
   *
   * @param parent - the parent's span context, local or remote; absent for a root span
   * @param share - the option `sample` of the span: the share of traces to keep, 0 to 1
   */
  sample(
    parent: SpanContext | undefined,
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
    share?: number,
  ): SamplingResult;
  toString(): string;
}
