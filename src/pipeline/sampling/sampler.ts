import { TraceFlags } from '@opentelemetry/api';
import type { Sampler } from '../../sdk/sampler.js';
import type { SamplerConfig } from '../../config/sampler-config.js';
import { configuredSampler } from './configured-sampler.js';
import type { HeadSampler } from './head-sampler.js';
import { DROP, keepsShare, KEEP } from './sampling-decision.js';

/**
 * Builds the sampler that a configuration names.
 *
 * @param onError - called when a user's sampler throws; the span then follows its parent, or is recorded
 * @param now - milliseconds on a monotonic clock, for limits per second
 */
export function createSampler(
  config: number | SamplerConfig | Sampler,
  onError: (error: unknown) => void,
  now: () => number = () => performance.now(),
): HeadSampler {
  if (typeof config === 'number') return configuredSampler({ type: 'ratio', ratio: config }, now);
  return 'shouldSample' in config ? guarded(config, onError) : configuredSampler(config, now);
}

function guarded(sampler: Sampler, onError: (error: unknown) => void): HeadSampler {
  return {
    needsAttributes: true,
    sample(parent, context, traceId, name, kind, attributes, links, share) {
      if (parent === undefined && share !== undefined && !keepsShare(traceId, share)) return DROP;
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
