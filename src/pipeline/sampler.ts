import { TraceFlags, type Attributes, type Context, type Link, type SpanContext, type SpanKind } from '@opentelemetry/api';
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace-base';
import type { SamplerConfig } from '../config/tracer-config.js';

/** Decides at a span's start whether it is recorded; never throws. */
export interface HeadSampler {
  /** Whether `sample` looks at the attributes, so that callers must build them first. */
  readonly needsAttributes: boolean;
  /** @param parent - the parent's span context, local or remote; absent for a root span */
  sample(
    parent: SpanContext | undefined,
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult;
  toString(): string;
}

export const KEEP: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
export const DROP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/** Trace ids carry 56 random bits on the right; the share kept is the upper end of that range, as for consistent probability sampling. */
const RANDOM_DIGITS = 14;
const RANDOM_RANGE = 2 ** 56;

/**
 * Builds the sampler that a configuration names.
 *
 * @param onError - called when a user's sampler throws; the span then follows its parent, or is recorded
 */
export function createSampler(
  config: number | SamplerConfig | Sampler,
  onError: (error: unknown) => void,
): HeadSampler {
  if (typeof config === 'number') return parentBased(ratioSampler(config));
  if ('shouldSample' in config) return guarded(config, onError);
  const root = config.type === 'ratio' ? ratioSampler(config.ratio ?? 1) : constant(config.type === 'always-on');
  return config.parentBased === false ? root : parentBased(root);
}

function constant(keep: boolean): HeadSampler {
  const result = keep ? KEEP : DROP;
  return { needsAttributes: false, sample: () => result, toString: () => (keep ? 'always-on' : 'always-off') };
}

function ratioSampler(ratio: number): HeadSampler {
  if (ratio >= 1) return constant(true);
  if (ratio <= 0) return constant(false);
  const threshold = (1 - ratio) * RANDOM_RANGE;
  return {
    needsAttributes: false,
    sample: (_parent, _context, traceId) =>
      Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) >= threshold ? KEEP : DROP,
    toString: () => `ratio(${ratio})`,
  };
}

function parentBased(root: HeadSampler): HeadSampler {
  return {
    needsAttributes: root.needsAttributes,
    sample(parent, context, traceId, name, kind, attributes, links) {
      if (parent === undefined) return root.sample(parent, context, traceId, name, kind, attributes, links);
      return (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? DROP : KEEP;
    },
    toString: () => `parent-based(${root.toString()})`,
  };
}

function guarded(sampler: Sampler, onError: (error: unknown) => void): HeadSampler {
  return {
    needsAttributes: true,
    sample(parent, context, traceId, name, kind, attributes, links) {
      try {
        return sampler.shouldSample(context, traceId, name, kind, attributes, links);
      } catch (error) {
        onError(error);
        return parent !== undefined && (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? DROP : KEEP;
      }
    },
    toString: () => {
      try {
        return sampler.toString();
      } catch {
        return 'custom';
      }
    },
  };
}
