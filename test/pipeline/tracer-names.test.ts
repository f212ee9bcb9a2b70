import { expect, it } from 'vitest';
import { Backlog } from '../../src/pipeline/queue/backlog.js';
import { SpanSegment } from '../../src/pipeline/queue/span-segment.js';
import { expectLinear } from '../support/expect-linear.js';
import { makeSpan } from './support/span-fixture.js';

const LIMITS = { maxSpans: 200_000, maxBytes: 1e9, maxSpanBytes: 1e6, dropPolicy: 'newest' } as const;

/**
 * Offers spans of so many tracers, in turn, and takes them out again. @returns the names in the
 * order in which they left
 */
function passed(spans: number, tracers: number): string[] {
  const backlog = new Backlog(
    LIMITS,
    (origin) => new SpanSegment(origin),
    () => undefined,
  );
  const scopes = Array.from({ length: tracers }, (_, index) => ({ name: `tracer-${index}` }));
  const [template] = [makeSpan()];
  for (let index = 0; index < spans; index += 1) {
    backlog.offer({ ...template, instrumentationScope: scopes[index % tracers]! });
  }
  const names: string[] = [];
  while (backlog.spans > 0) {
    for (const part of backlog.take(512, 1e9, () => 0)) {
      for (let index = 0; index < part.spans; index += 1) names.push(part.scope.name);
    }
  }
  return names;
}

it('takes as long for a span of the ten-thousandth tracer as for one of the first', () => {
  expectLinear((times) => passed(8_000 * times, 8_000 * times));
});

it('gives back every span of every tracer, those of a few together', () => {
  expect(passed(100, 4)).toEqual([0, 1, 2, 3].flatMap((tracer) => Array(25).fill(`tracer-${tracer}`)));
  const many = passed(1_000, 200);
  expect(many).toHaveLength(1_000);
  expect(new Set(many).size).toBe(200);
});
