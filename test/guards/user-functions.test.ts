import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MeterManager } from '../../src/index.js';
import { EXPRESS, FASTIFY } from '../support/server-kinds.js';
import { IN_CODE, OPTIONS, misbehavioursOf, startMisbehaving } from './misbehaving-app.js';

const escaped: unknown[] = [];
const note = (error: unknown): void => {
  escaped.push(error);
};

beforeEach(() => {
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
});

afterEach(() => {
  escaped.length = 0;
  process.off('unhandledRejection', note);
  process.off('uncaughtException', note);
});

/** As a caller whose trace and baggage are asked about. */
const CALLER = {
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  baggage: 'user.id=alice',
  'x-user-id': 'alice',
};

describe.each([EXPRESS, FASTIFY])('on $name', (server) => {
  it.each([...Object.keys(OPTIONS), ...IN_CODE])(
    'the app answers as ever whatever `%s` does',
    async (place) => {
      const behaviours = misbehavioursOf(place);
      const { app, behave, calls } = await startMisbehaving(place, server);
      const answers: Record<string, unknown> = {};
      for (const [name, behaviour] of Object.entries(behaviours)) {
        behave(behaviour);
        const works = await app.get('/works', CALLER);
        const fails = await app.get('/fails', CALLER);
        const flush = await app.send({ method: 'POST', path: '/admin/telemetry/flush' });
        await app.app.get(MeterManager, { strict: false }).forceFlush();
        answers[name] = [works.status, works.body, fails.status, flush.status];
      }
      const right = [200, '{"sum":8}', 500, 200];
      expect(answers).toEqual(Object.fromEntries(Object.keys(behaviours).map((name) => [name, right])));
      await app.close();
      expect([calls() >= Object.keys(behaviours).length, escaped]).toEqual([true, []]);
    },
    40_000,
  );
});

it('knows every option of the module that takes a function', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('-options.ts') || path.endsWith('-schema.ts'))
    .map((path) => readFileSync(`src/${path}`, 'utf8'));
  const named = sources.flatMap((source) => [
    ...source.matchAll(/(\w+): (?:anyOf\(boolean, |required\()?fn\b/g),
  ]);
  // Of entries, which have tests of their own.
  const known = [...Object.keys(OPTIONS), 'tenants.resolveEntry'].join(' ');
  expect(named.map(([, option]) => option).filter((option) => !known.includes(String(option)))).toEqual([]);
});
