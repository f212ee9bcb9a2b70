import { ROOT_CONTEXT, SpanKind, TraceFlags, type Attributes, type SpanContext } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import type { SamplerConfig } from '../../src/index.js';
import { createSampler } from '../../src/pipeline/sampling/sampler.js';
import { newTraceId } from '../../src/tracing/ids.js';
import { expectRatio } from './binomial.js';

const TRACES = 100_000;

interface Start {
  readonly name?: string;
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  readonly parent?: SpanContext;
  readonly traceId?: string;
  readonly share?: number;
}

/** Whether a sampler records a span. */
function decider(config: number | SamplerConfig, now?: () => number): (start?: Start) => boolean {
  const sampler = createSampler(config, () => {}, now);
  return ({ name = 'work', kind = SpanKind.INTERNAL, attributes = {}, parent, traceId, share } = {}) =>
    sampler.sample(
      parent,
      ROOT_CONTEXT,
      traceId ?? parent?.traceId ?? newTraceId(),
      name,
      kind,
      attributes,
      [],
      share,
    ).decision === SamplingDecision.RECORD_AND_SAMPLED;
}

function count(decide: () => boolean): number {
  let kept = 0;
  for (let trace = 0; trace < TRACES; trace += 1) if (decide()) kept += 1;
  return kept;
}

const route = (path: string): Start => ({
  name: `GET ${path}`,
  kind: SpanKind.SERVER,
  attributes: { 'http.route': path },
});

const shop: SamplerConfig = {
  type: 'ratio',
  ratio: 0.3,
  rules: [
    { route: '/health*', ratio: 0 },
    { route: /^\/pay/, attributes: { 'http.request.method': 'POST' }, ratio: 1 },
    { route: '/pay', ratio: 0.5 },
    { kind: 'server', attributes: { 'user.tier': /^gold|silver$/ }, ratio: 0.9 },
    { name: 'Jobs.*', ratio: 0.02 },
    { kind: 'consumer', attributes: { priority: 1, urgent: true, path: ['a', 'b'] }, ratio: 0.7 },
  ],
};

describe('over 100,000 traces', () => {
  it.each<[string, number | SamplerConfig, Start, number]>([
    ['a ratio', 0.1, {}, 0.1],
    ['a small ratio', 0.001, {}, 0.001],
    ['a ratio without a type', { ratio: 0.1 }, {}, 0.1],
    ['always-on', { type: 'always-on' }, {}, 1],
    ['always-off', { type: 'always-off' }, {}, 0],
    ['no rule that matches', shop, {}, 0.3],
    ['a route with a wildcard', shop, route('/health/live'), 0],
    [
      'the first of two rules',
      shop,
      { ...route('/pay'), attributes: { 'http.route': '/pay', 'http.request.method': 'POST' } },
      1,
    ],
    ['the second of two rules', shop, route('/pay'), 0.5],
    ['kind and attribute pattern', shop, { kind: SpanKind.SERVER, attributes: { 'user.tier': 'gold' } }, 0.9],
    ['an attribute pattern on another kind', shop, { attributes: { 'user.tier': 'gold' } }, 0.3],
    ['a name', shop, { name: 'Jobs.nightly' }, 0.02],
    [
      'attributes of every type',
      shop,
      { kind: SpanKind.CONSUMER, attributes: { priority: 1, urgent: true, path: ['a', 'b'] } },
      0.7,
    ],
    [
      'one attribute that differs',
      shop,
      { kind: SpanKind.CONSUMER, attributes: { priority: 2, urgent: true, path: ['a', 'b'] } },
      0.3,
    ],
    ['a share asked for by the code', { type: 'always-on' }, { share: 0.2 }, 0.2],
    ['a share asked for by the code, under a rule', shop, { name: 'Jobs.nightly', share: 0.9 }, 0.02],
    ['a share asked for by the code, switched off', { type: 'always-off' }, { share: 0.9 }, 0],
    ['a rule for everything', { type: 'always-off', rules: [{ ratio: 0.25 }] }, {}, 0.25],
  ])('%s keeps its ratio', (_name, config, start, ratio) => {
    const decide = decider(config);
    expectRatio(
      count(() => decide(start)),
      TRACES,
      ratio,
    );
  });

  it('two configurations of one ratio keep the same traces, and a larger one keeps all of a smaller one’s', () => {
    const [small, same, large] = [decider(0.1), decider({ rules: [{ ratio: 0.1 }] }), decider(0.4)];
    for (let trace = 0; trace < TRACES; trace += 1) {
      const traceId = newTraceId();
      const kept = small({ traceId });
      if (same({ traceId }) !== kept || (kept && !large({ traceId })))
        throw new Error(`differs for ${traceId}`);
    }
  });
});

describe('inside a trace', () => {
  const parent = (sampled: boolean, isRemote?: boolean): SpanContext => ({
    traceId: newTraceId(),
    spanId: 'b7ad6b7169203331',
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    ...(isRemote === undefined ? {} : { isRemote }),
  });
  const never: SamplerConfig = { type: 'always-off', rules: [{ name: 'never', ratio: 0 }] };
  const always: SamplerConfig = { rules: [{ name: 'always', ratio: 1 }] };

  it.each<[string, SamplerConfig, Start, boolean]>([
    ['follows a sampled local parent', never, { name: 'never', parent: parent(true) }, true],
    ['follows an unsampled local parent', always, { name: 'always', parent: parent(false) }, false],
    ['follows a sampled remote parent', never, { name: 'never', parent: parent(true, true) }, true],
    ['follows an unsampled remote parent', always, { name: 'always', parent: parent(false, true) }, false],
    [
      'without parentBased, decides below a remote parent',
      { ...always, parentBased: false },
      { name: 'always', parent: parent(false, true) },
      true,
    ],
    [
      'without parentBased, still follows a local parent',
      { ...always, parentBased: false },
      { name: 'always', parent: parent(false) },
      false,
    ],
    ['without parentBased and rules too', { parentBased: false }, { parent: parent(false) }, false],
    [
      'without parentBased and rules too, if it is sampled',
      { type: 'always-off', parentBased: false },
      { parent: parent(true) },
      true,
    ],
  ])('%s', (_name, config, start, kept) => {
    expect(decider(config)(start)).toBe(kept);
  });
});

describe('a limit of spans per second', () => {
  const LIMIT = 100;

  /** Begins traces of `size` spans at a steady pace, and counts the spans that are kept in each second. */
  function run(size: number, tracesPerSecond: number, seconds: number): number[] {
    let now = 0;
    const decide = decider({ maxSpansPerSecond: LIMIT }, () => now);
    const perSecond: number[] = [];
    for (let second = 0; second < seconds; second += 1) {
      let kept = 0;
      for (let trace = 0; trace < tracesPerSecond; trace += 1) {
        now += 1000 / tracesPerSecond;
        const traceId = newTraceId();
        const sampled = decide({ traceId });
        const parent = { traceId, spanId: 'b7ad6b7169203331', traceFlags: sampled ? 1 : 0 };
        if (sampled) kept += 1;
        for (let span = 1; span < size; span += 1) {
          const follows = decide({ parent });
          expect(follows).toBe(sampled);
          if (follows) kept += 1;
        }
      }
      perSecond.push(kept);
    }
    return perSecond;
  }

  it.each([
    [1, 1000],
    [7, 500],
    [30, 50],
  ])('holds for traces of %d spans, %d a second', (size, traces) => {
    const [first, ...later] = run(size, traces, 60);
    // The bucket is full at first; from then on a trace that has begun is completed.
    expect(first).toBeLessThanOrEqual(2 * LIMIT + size);
    const average = later.reduce((sum, kept) => sum + kept, 0) / later.length;
    expect(average).toBeLessThanOrEqual(LIMIT * 1.02);
    expect(average).toBeGreaterThan(LIMIT * 0.9);
  });

  it('leaves alone what stays below it', () => {
    expect(run(2, 20, 10)).toEqual(Array.from({ length: 10 }, () => 40));
  });

  it('pays a huge trace back for a minute at most', () => {
    let now = 0;
    const decide = decider({ maxSpansPerSecond: LIMIT }, () => now);
    const traceId = newTraceId();
    decide({ traceId });
    for (let span = 0; span < 1_000_000; span += 1)
      decide({ parent: { traceId, spanId: 'b7ad6b7169203331', traceFlags: 1 } });
    now = 59_000;
    expect(decide()).toBe(false);
    now = 61_000;
    expect(decide()).toBe(true);
  });
});

it('keeps the same traces as the SDK’s ratio sampler would by share, within a binomial bound', () => {
  const sdk = new TraceIdRatioBasedSampler(0.2);
  const kept = count(
    () => sdk.shouldSample(ROOT_CONTEXT, newTraceId()).decision === SamplingDecision.RECORD_AND_SAMPLED,
  );
  expectRatio(kept, TRACES, 0.2);
});

it.each<[SamplerConfig | number, string]>([
  [1, 'parent-based(always-on)'],
  [0.5, 'parent-based(ratio(0.5))'],
  [0, 'parent-based(always-off)'],
  [{ ratio: 0.5 }, 'parent-based(ratio(0.5))'],
  [{ type: 'always-off', parentBased: false }, 'always-off'],
  [{ rules: [{ ratio: 1 }], maxSpansPerSecond: 5 }, 'parent-based(rules(1, always-on)), at most 5 spans/s'],
])('says what it does: %j', (config, text) => {
  expect(createSampler(config, () => {}).toString()).toBe(text);
});

it('lets a sampler that throws keep its spans, inside a trace like their parent', () => {
  const errors: unknown[] = [];
  const broken = {
    shouldSample: () => {
      throw new Error('broken');
    },
    toString: () => 'broken',
  };
  const sampler = createSampler(broken, (error) => errors.push(error));
  const sample = (parent?: SpanContext): SamplingDecision =>
    sampler.sample(parent, ROOT_CONTEXT, newTraceId(), 'x', SpanKind.INTERNAL, {}, []).decision;
  const unsampled = { traceId: newTraceId(), spanId: 'b7ad6b7169203331', traceFlags: 0 };
  expect([sample(), sample(unsampled), errors.length]).toEqual([
    SamplingDecision.RECORD_AND_SAMPLED,
    SamplingDecision.NOT_RECORD,
    2,
  ]);
});
