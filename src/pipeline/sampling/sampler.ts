import { TraceFlags } from '@opentelemetry/api';
import { isObject } from '../../config/schema.js';
import { SamplingDecision, type Sampler, type SamplingResult } from '../../sdk/sampler.js';
import type { SamplerConfig } from '../../config/sampler-config.js';
import { configuredSampler } from './configured-sampler.js';
import type { HeadSampler } from './head-sampler.js';
import { ask } from '../../base/user-function.js';
import { DROP, keepsShare, KEEP } from './sampling-decision.js';

const DECISIONS: ReadonlySet<unknown> = new Set([
  SamplingDecision.NOT_RECORD,
  SamplingDecision.RECORD,
  SamplingDecision.RECORD_AND_SAMPLED,
]);

/**
 * Creates the sampler of a configuration.
 *
 * @param onError - called when a user's sampler throws; the span then follows its parent, or is recorded
 * @param now - a monotonic clock in milliseconds, for rate limits
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
      return ask(
        () => sampler.shouldSample(context, traceId, name, kind, attributes, links),
        readDecision,
        (error) => {
          onError(error);
          return parent !== undefined && (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? DROP : KEEP;
        },
      );
    },
    toString: () =>
      ask(
        () => sampler.toString(),
        (text) => (typeof text === 'string' ? text : 'custom'),
        () => 'custom',
      ),
  };
}

/** Checks the decision of a user's sampler. @throws TypeError if it is not a decision */
function readDecision(answer: SamplingResult | null | undefined): SamplingResult {
  const { decision, attributes, traceState } = Object(answer) as Partial<SamplingResult>;
  if (decision === undefined || !DECISIONS.has(decision)) {
    throw new TypeError('`shouldSample` must return `{ decision }`, of `SamplingDecision`.');
  }
  return {
    decision,
    ...(isObject(attributes) ? { attributes: { ...attributes } } : {}),
    ...(typeof traceState?.serialize === 'function' ? { traceState } : {}),
  };
}
