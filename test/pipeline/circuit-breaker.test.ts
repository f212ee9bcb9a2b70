import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoffMillis, probeMillis } from '../../src/otlp/backoff.js';
import { CircuitBreaker } from '../../src/pipeline/queue/circuit-breaker.js';
import type { ExportFailure } from '../../src/otlp/failures/export-failure.js';

const TRANSIENT: ExportFailure = {
  code: 'ECONNREFUSED',
  reason: 'away',
  retryable: true,
  blames: 'destination',
};
const PERMANENT: ExportFailure = { ...TRANSIENT, code: 'HTTP 401', retryable: false };

let halfOpened: number;
let breaker: CircuitBreaker;

beforeEach(() => {
  vi.useFakeTimers();
  halfOpened = 0;
  breaker = new CircuitBreaker(() => halfOpened++);
});
afterEach(() => {
  breaker.release();
  vi.useRealTimers();
});

describe('a circuit breaker', () => {
  it('lets everything through until an export fails, then one export after the backoff', () => {
    expect(breaker.admits(3)).toBe(true);
    breaker.failed(breaker.begin(), TRANSIENT);
    expect(breaker.state).toBe('open');
    expect(breaker.admits(0)).toBe(false);
    vi.advanceTimersByTime(200);
    expect(breaker.state).toBe('half-open');
    expect(halfOpened).toBe(1);
    expect([breaker.admits(0), breaker.admits(1)]).toEqual([true, false]);
  });

  it('closes when that export succeeds, and opens for longer when it fails', () => {
    breaker.failed(breaker.begin(), TRANSIENT);
    vi.advanceTimersByTime(200);
    breaker.failed(breaker.begin(), TRANSIENT);
    expect(breaker.state).toBe('open');
    vi.advanceTimersByTime(150);
    expect(breaker.state).toBe('open');
    vi.advanceTimersByTime(200);
    expect(breaker.state).toBe('half-open');
    expect(breaker.succeeded(breaker.begin())).toBe(true);
    expect(breaker.state).toBe('closed');
  });

  it('ignores exports that began before it opened', () => {
    const [first, second, third] = [breaker.begin(), breaker.begin(), breaker.begin()];
    breaker.failed(first, TRANSIENT);
    breaker.failed(second, TRANSIENT);
    expect(breaker.succeeded(third)).toBe(false);
    expect(breaker.state).toBe('open');
    vi.advanceTimersByTime(200);
    expect(halfOpened).toBe(1);
  });

  it('waits as long as the receiver asks, whoever nudges', () => {
    breaker.failed(breaker.begin(), { ...TRANSIENT, retryAfterMillis: 30_000 });
    breaker.nudge();
    vi.advanceTimersByTime(29_000);
    expect(breaker.state).toBe('open');
    vi.advanceTimersByTime(1_000);
    expect(breaker.state).toBe('half-open');
  });

  it('probes a permanent failure rarely, and at once when nudged', () => {
    breaker.failed(breaker.begin(), PERMANENT);
    expect(breaker.permanent).toBe(true);
    vi.advanceTimersByTime(2_000);
    expect(breaker.state).toBe('open');
    breaker.nudge();
    expect(breaker.state).toBe('half-open');
    breaker.succeeded(breaker.begin());
    expect(breaker.permanent).toBe(false);
  });
});

describe('the backoff', () => {
  const delays = (failingMillis: number, random: number): number[] =>
    [1, 2, 3, 4, 5, 20].map((failures) => Math.round(backoffMillis(failures, failingMillis, () => random)));

  it('grows to a second in a short outage, to five in a long one, and is spread by jitter', () => {
    expect(delays(0, 1)).toEqual([200, 320, 512, 819, 1_000, 1_000]);
    expect(delays(0, 0)).toEqual([100, 160, 256, 410, 500, 500]);
    expect(delays(120_000, 1).at(-1)).toBe(5_000);
  });

  it('of a probe grows from five seconds to a minute', () => {
    expect([1, 2, 3, 4, 5, 9].map((failures) => probeMillis(failures, () => 1))).toEqual([
      5_000, 10_000, 20_000, 40_000, 60_000, 60_000,
    ]);
  });
});
