import { format, inspect } from 'node:util';
import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { redactConfig } from '../../src/config/redact-config.js';
import { resolveTracerConfig } from '../../src/config/resolve-config.js';
import { reveal, revealHeaders, Secret } from '../../src/config/secret.js';
import type { TracerConfig } from '../../src/config/tracer-config.js';

const canary = 'c4n4ry';

describe('a secret', () => {
  const secret = new Secret(canary);
  it.each<[string, () => string]>([
    ['JSON', () => JSON.stringify({ secret, list: [secret] })],
    ['util.inspect', () => inspect({ secret }, { depth: 9, showHidden: true, getters: true })],
    [
      'util.inspect without custom inspection',
      () => inspect(secret, { customInspect: false, showHidden: true }),
    ],
    ['format', () => format('%s %o %O %j', secret, secret, secret, secret)],
    ['a template string', () => `key: ${secret as unknown as string}`],
    ['concatenation', () => 'key: ' + (secret as unknown as string)],
    ['String()', () => String(secret)],
    ['its keys', () => JSON.stringify([Reflect.ownKeys(secret), Object.entries(secret)])],
    ['an error', () => inspect(new Error('no', { cause: secret }))],
  ])('does not show in %s', (_name, show) => {
    expect(show()).not.toContain(canary);
  });

  it('shows as four stars', () => {
    expect([JSON.stringify(secret), inspect(secret), String(secret)]).toEqual(['"****"', '****', '****']);
  });

  it('is revealed to whoever asks', () => {
    expect([secret.reveal(), reveal(secret), reveal('plain')]).toEqual([canary, canary, 'plain']);
  });
});

describe('revealed headers', () => {
  const headers = revealHeaders({ a: new Secret(canary), b: 'plain' });

  it('are ordinary headers for whoever sends them', () => {
    expect(Object.entries(headers)).toEqual([
      ['a', canary],
      ['b', 'plain'],
    ]);
  });

  it('stay hidden from a logger', () => {
    expect(inspect({ headers })).toBe("{ headers: { a: '****', b: '****' } }");
  });
});

describe('a configuration that is shown', () => {
  class OwnExporter {
    readonly token = canary;
    export(): void {}
    shutdown(): Promise<void> {
      return Promise.resolve();
    }
  }
  const pem = `-----BEGIN PRIVATE KEY-----\n${canary}`;
  const config: TracerConfig = {
    service: { name: 'orders' },
    resourceAttributes: { team: 'a', token: new Secret(canary), nested: { since: new Date(0), big: 1n } },
    exporter: [
      {
        type: 'otlp-grpc',
        url: `https://me:${canary}@host:4317/?key=${canary}`,
        headers: { 'api-key': canary, other: new Secret(canary) },
        tls: { ca: pem, cert: pem, key: new Secret(pem) },
      },
      { type: 'memory' },
      new OwnExporter(),
    ],
    sampler: {
      shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }),
      toString: () => canary,
    },
    spanLimits: { attributeValueLengthLimit: Infinity },
    masking: { patterns: [/\d+/g] },
  };

  it('tells everything but its credentials', () => {
    expect(redactConfig(config)).toEqual({
      service: { name: 'orders' },
      resourceAttributes: { team: 'a', token: '****', nested: { since: String(new Date(0)), big: '1' } },
      exporter: [
        {
          type: 'otlp-grpc',
          url: 'https://****@host:4317/?****',
          headers: { 'api-key': '****', other: '****' },
          tls: { ca: 'PEM', cert: 'PEM', key: '****' },
        },
        { type: 'memory' },
        'OwnExporter',
      ],
      sampler: 'custom',
      spanLimits: { attributeValueLengthLimit: 'unlimited' },
      masking: { patterns: ['/\\d+/g'] },
    });
  });

  it('shows no credential once resolved either', () => {
    const resolved = resolveTracerConfig(config, {}, { warn: () => {} });
    expect(JSON.stringify(redactConfig(resolved))).not.toContain(canary);
    expect(redactConfig(resolved)).toMatchObject({ enabled: true, sampler: 'custom' });
  });

  it('survives a circle', () => {
    const circular: Record<string, unknown> = { a: 1 };
    circular['self'] = { inner: circular, list: [circular] };
    expect(redactConfig({ resourceAttributes: circular })).toEqual({
      resourceAttributes: { a: 1, self: { inner: '[Circular]', list: ['[Circular]'] } },
    });
  });
});
