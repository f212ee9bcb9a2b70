import { inspect } from 'node:util';
import { createTraceState, type SpanContext } from '@opentelemetry/api';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BaggageService,
  MeterManager,
  TelemetryHealthIndicator,
  TelemetryModule,
  TracerManager,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { errorText } from '../../src/base/rate-limited-log.js';
import { validateTracerConfig } from '../../src/config/tracer-config-schema.js';
import { SpanMask } from '../../src/pipeline/masking/mask.js';
import { startApp } from '../support/test-app.js';

const SECRET = 'hunter2hunter2';

const OPTIONS: TelemetryModuleOptions = {
  service: { name: 'orders' },
  resourceAttributes: { 'db.password': SECRET, 'process.command_args': ['node', `--token=${SECRET}`] },
  exporter: [
    {
      type: 'otlp-http',
      url: `http://ada:${SECRET}@127.0.0.1:9/v1/traces?key=${SECRET}`,
      headers: { authorization: `Bearer ${SECRET}` },
    },
    { type: 'otlp-grpc', url: 'http://127.0.0.1:9', headers: { 'x-api-key': SECRET } },
    { type: 'zipkin', url: 'http://127.0.0.1:9/api/v2/spans', headers: { 'x-api-key': SECRET } },
  ],
  metrics: {
    readers: [{ type: 'otlp-http', url: 'http://127.0.0.1:9/v1/metrics', headers: { 'x-api-key': SECRET } }],
  },
};

const everything = { depth: 40, showHidden: true, maxArrayLength: null, maxStringLength: null } as const;

function jsonOf(value: unknown): string {
  const seen = new Set<unknown>();
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint' || typeof item === 'symbol') return String(item);
    if (typeof item !== 'object' || item === null) return item;
    if (seen.has(item)) return undefined;
    seen.add(item);
    return item;
  });
}

describe('no credential shows', () => {
  it('in a dynamic module, which Nest and users print', () => {
    const module = TelemetryModule.forRoot(OPTIONS);
    expect(JSON.stringify(module)).not.toContain(SECRET);
    expect(inspect(module, everything)).not.toContain(SECRET);
  });

  it.each<[string, unknown]>([
    ['TracerManager', TracerManager],
    ['MeterManager', MeterManager],
    ['BaggageService', BaggageService],
    ['TelemetryHealthIndicator', TelemetryHealthIndicator],
  ])('in a %s', async (_name, type) => {
    const app = await startApp({ telemetry: false, imports: [TelemetryModule.forRoot(OPTIONS)] });
    onTestFinished(() => app.close());
    const found = app.app.get<object>(type as never, { strict: false });
    const tracing = app.app.get(TracerManager, { strict: false });
    tracing.withSpan('work', () => undefined);
    for (const value of [found, tracing.status(), tracing.startSpan('open'), tracing.getTracer('t')]) {
      expect(inspect(value, everything)).not.toContain(SECRET);
      expect(jsonOf(value)).not.toContain(SECRET);
    }
  });
});

describe('no credential shows in an error', () => {
  it.each<[string, object]>([
    ['of an address', { exporter: { type: 'otlp-http', url: `ftp://ada:${SECRET}@h/?k=${SECRET}` } }],
    ['of a type', { exporter: { type: `Bearer ${SECRET}` } }],
    ['of a sampler', { sampler: `api_key=${SECRET}` }],
    ['of an exporter', { exporter: `https://h/v1/traces?api_key=${SECRET}` }],
    ['of headers', { exporter: { type: 'otlp-http', headers: `authorization=Bearer ${SECRET}` } }],
    ['of a header', { exporter: { type: 'otlp-http', headers: { [`authorization: ${SECRET}`]: 'x' } } }],
    ['of an unknown option', { token: SECRET }],
    ['of a batch', { batch: { maxQueueSize: `password=${SECRET}` } }],
  ])('%s', (_name, options) => {
    let message = '';
    try {
      validateTracerConfig(options);
    } catch (error) {
      message = inspect(error, everything);
    }
    expect(message).toContain('Expected');
    expect(message).not.toContain(SECRET);
  });

  it('that a log repeats, in one line', () => {
    expect(errorText(new Error(`connect postgres://ada:${SECRET}@db/x failed\n at y`))).toBe(
      'Error: connect postgres://****@db/x failed at y',
    );
  });
});

it('no credential leaves in a resource, a tracestate or a link', () => {
  const span = {
    name: 'work',
    attributes: {},
    status: { code: 0 },
    events: [],
    links: [{ context: stateOf(`vendor=1,token=${SECRET}`), attributes: {} }],
    spanContext: () => stateOf(`vendor=1,api_key=${SECRET}`),
  };
  const mask = new SpanMask({});
  mask.maskSpan(span);
  const states = [span.spanContext(), span.links[0]?.context].map((context) =>
    context?.traceState?.serialize(),
  );
  expect(states).toEqual(['vendor=1,api_key=__REDACTED__', 'vendor=1,token=__REDACTED__']);
  expect(mask.masked({ 'db.password': SECRET, argv: ['node', `--token=${SECRET}`], n: 1 })).toEqual({
    'db.password': '__REDACTED__',
    argv: ['node', '--token=__REDACTED__'],
    n: 1,
  });
});

function stateOf(text: string): SpanContext {
  const traceState = createTraceState(text);
  return { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1, traceState };
}
