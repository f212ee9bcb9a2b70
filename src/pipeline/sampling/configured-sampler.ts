import { TraceFlags } from '@opentelemetry/api';
import type { SamplingResult } from '../../sdk/sampler.js';
import type { SamplerConfig } from '../../config/sampler-config.js';
import type { HeadSampler } from './head-sampler.js';
import { compilePatterns } from '../../context/name-patterns.js';
import { DROP, KEEP, keepsShare, SKIP } from './sampling-decision.js';
import { compileRules, rulesNeedAttributes } from './sampling-rules.js';
import { SpanBudget } from './span-budget.js';

type Sample = HeadSampler['sample'];

/**
 * Creates the sampler of a {@link SamplerConfig}. It checks excluded names first, then the parent's
 * decision, the rules, the ratio, and finally the rate limit.
 */
export function configuredSampler(config: SamplerConfig, now: () => number): HeadSampler {
  const decide = withBudget(config, now, followingParent(config, beginning(config)));
  return {
    needsAttributes: rulesNeedAttributes(config),
    sample: withNames(config, decide),
    toString: () => describe(config),
  };
}

/** Decides for a trace that begins here. */
function beginning(config: SamplerConfig): Sample {
  const rules = compileRules(config);
  const type = typeOf(config);
  const off = type === 'always-off';
  const rest = type === 'ratio' ? (config.ratio ?? 1) : 1;
  return (_parent, _context, traceId, name, kind, attributes, _links, share = rest) => {
    for (const rule of rules) {
      if (rule.matches(name, kind, attributes)) return keepsShare(traceId, rule.ratio) ? KEEP : DROP;
    }
    return !off && keepsShare(traceId, share) ? KEEP : DROP;
  };
}

/**
 * Makes spans below a local parent follow its decision; a rule, a ratio or a live change could decide
 * differently.
 */
function followingParent({ parentBased = true }: SamplerConfig, begin: Sample): Sample {
  return (parent, context, traceId, name, kind, attributes, links, share) => {
    if (parent === undefined || (!parentBased && parent.isRemote === true)) {
      return begin(parent, context, traceId, name, kind, attributes, links, share);
    }
    return (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? DROP : KEEP;
  };
}

function withBudget({ maxSpansPerSecond }: SamplerConfig, now: () => number, decide: Sample): Sample {
  if (maxSpansPerSecond === undefined) return decide;
  const budget = new SpanBudget(maxSpansPerSecond, now);
  return (parent, ...rest) => {
    const result: SamplingResult = decide(parent, ...rest);
    if (result !== KEEP) return result;
    if (parent === undefined) return budget.tryBegin() ? KEEP : DROP;
    budget.spend();
    return KEEP;
  };
}

function withNames({ exclude, include }: SamplerConfig, decide: Sample): Sample {
  if (exclude === undefined && include === undefined) return decide;
  const excludes = compilePatterns(exclude ?? []);
  const includes = compilePatterns(include ?? ['*']);
  return (parent, context, traceId, name, ...rest) => {
    const inside = parent !== undefined && parent.isRemote !== true;
    if (excludes(name)) return inside ? SKIP : DROP;
    if (inside && !includes(name)) return SKIP;
    return decide(parent, context, traceId, name, ...rest);
  };
}

function describe(config: SamplerConfig): string {
  const { ratio = 1, rules = [], maxSpansPerSecond, parentBased } = config;
  const type = typeOf(config);
  const rest = type === 'ratio' && ratio > 0 && ratio < 1 ? `ratio(${ratio})` : restName(type, ratio);
  const root = rules.length === 0 ? rest : `rules(${rules.length}, ${rest})`;
  const based = parentBased === false ? root : `parent-based(${root})`;
  return maxSpansPerSecond === undefined ? based : `${based}, at most ${maxSpansPerSecond} spans/s`;
}

/** Returns the sampler's type; `ratio` alone implies it. */
function typeOf({ type, ratio }: SamplerConfig): NonNullable<SamplerConfig['type']> {
  return type ?? (ratio === undefined ? 'always-on' : 'ratio');
}

function restName(type: NonNullable<SamplerConfig['type']>, ratio: number): string {
  return type === 'always-off' || (type === 'ratio' && ratio <= 0) ? 'always-off' : 'always-on';
}
