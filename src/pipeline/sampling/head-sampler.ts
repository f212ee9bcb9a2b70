import type { Attributes, Context, Link, SpanContext, SpanKind } from '@opentelemetry/api';
import type { SamplingResult } from '../../sdk/sampler.js';

/** Decides at a span's start whether it is recorded; never throws. */
export interface HeadSampler {
  /** Whether `sample` looks at the attributes, so that callers must build them first. */
  readonly needsAttributes: boolean;
  /**
   * @param parent - the parent's span context, local or remote; absent for a root span
   * @param share - what the code that starts the span would keep of the traces that begin with it, 0 to 1
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
