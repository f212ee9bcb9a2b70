import { describe, expect, it } from 'vitest';
import { classifyExporterError } from '../../src/otlp/failures/exporter-failure.js';
import { parseRetryAfter } from '../../src/otlp/failures/http-failure.js';

const withCode = (code: unknown): Error => Object.assign(new Error('token abc'), { code });

describe('what an exporter given in code fails with', () => {
  it.each([
    ['a gRPC status', withCode(14), { code: 'UNAVAILABLE', retryable: true }],
    [
      'a permanent gRPC status',
      withCode(16),
      { code: 'UNAUTHENTICATED', retryable: false, blames: 'destination' },
    ],
    ['an HTTP status', withCode(503), { code: 'HTTP 503', retryable: true }],
    ['a permanent HTTP status', withCode(401), { code: 'HTTP 401', retryable: false, blames: 'destination' }],
    ['a socket error', withCode('ECONNREFUSED'), { code: 'ECONNREFUSED', retryable: true }],
    [
      'an error of its own',
      new TypeError('token abc'),
      { code: 'TypeError', retryable: false, blames: 'data' },
    ],
    ['a code of its own', withCode('QUOTA'), { code: 'Error', retryable: false, blames: 'data' }],
    ['a string', 'token abc', { code: 'FAILED', retryable: false, blames: 'data' }],
    ['nothing', undefined, { code: 'FAILED', retryable: false, blames: 'data' }],
    [
      'an error whose code cannot be read',
      Object.defineProperty(new Error('x'), 'code', {
        get: () => {
          throw new Error('no');
        },
      }),
      { code: 'Error', retryable: false },
    ],
  ])('%s', (_what, error, expected) => {
    const failure = classifyExporterError(error);
    expect(failure).toMatchObject(expected);
    expect(JSON.stringify(failure)).not.toContain('abc');
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 20);
  it.each([
    ['0', 0],
    [' 120 ', 120_000],
    [new Date(now + 5_000).toUTCString(), 5_000],
    [new Date(now - 5_000).toUTCString(), 0],
    ['86400', 600_000],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s means %s ms', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});
