import { Controller, Get, Inject } from '@nestjs/common';
import { TraceFlags } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { TracerManager, type TelemetryModuleOptions } from '../../../src/index.js';
import { serverSpan } from '../../support/expected-server-span.js';
import { ALL_SERVERS, type ServerKind } from '../../support/server-kinds.js';
import { shapeOf } from '../../support/span-shape.js';
import { startApp } from '../../support/test-app.js';

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const SAMPLED = `00-${CALLER.traceId}-${CALLER.spanId}-01`;
const NOT_SAMPLED = `00-${CALLER.traceId}-${CALLER.spanId}-00`;

@Controller('next')
class NextController {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  /** What a call to another service would carry. */
  @Get()
  call() {
    return this.tracing.inject({});
  }
}

/** Sends one request; returns what the handler would have sent on, and all that was exported. */
async function call(
  server: ServerKind,
  headers: Record<string, string | string[]>,
  telemetry: TelemetryModuleOptions = {},
) {
  const app = await startApp({ server, telemetry, controllers: [NextController] });
  const { body } = await app.get('/next', headers);
  await app.close();
  return {
    sentOn: JSON.parse(body) as Record<string, string>,
    spans: app.recorder.spans(),
    span: (difference: object = {}) =>
      serverSpan(app, { path: '/next', route: '/next', handler: 'NextController.call', ...difference }),
  };
}

describe.each(ALL_SERVERS)('$name', (server) => {
  it('continues the trace of the caller', async () => {
    const { spans, span, sentOn } = await call(server, { traceparent: SAMPLED });
    expect(spans.map(shapeOf)).toEqual([span({ parent: CALLER.spanId })]);
    const { traceId, spanId, traceFlags } = spans[0]!.spanContext();
    expect({ traceId, traceFlags }).toEqual({ traceId: CALLER.traceId, traceFlags: TraceFlags.SAMPLED });
    expect(sentOn).toEqual({ traceparent: `00-${CALLER.traceId}-${spanId}-01` });
    expect(spans[0]!.parentSpanContext?.isRemote).toBe(true);
  });

  it('exports nothing of a trace that the caller did not sample, and says so to the next service', async () => {
    const { spans, sentOn } = await call(server, { traceparent: NOT_SAMPLED });
    expect(spans).toEqual([]);
    expect(sentOn.traceparent).toMatch(new RegExp(`^00-${CALLER.traceId}-[0-9a-f]{16}-00$`));
    expect(sentOn.traceparent).not.toContain(CALLER.spanId);
  });

  it('keeps the tracestate', async () => {
    const { spans, sentOn } = await call(server, { traceparent: SAMPLED, tracestate: 'vendor=1,other=2' });
    expect(spans[0]!.spanContext().traceState?.serialize()).toBe('vendor=1,other=2');
    expect(sentOn.tracestate).toBe('vendor=1,other=2');
  });

  it.each([
    ['of another length', `00-${CALLER.traceId}-${CALLER.spanId}`],
    ['with a trace id of zeros', `00-${'0'.repeat(32)}-${CALLER.spanId}-01`],
    ['with a span id of zeros', `00-${CALLER.traceId}-${'0'.repeat(16)}-01`],
    ['of the forbidden version', `ff-${CALLER.traceId}-${CALLER.spanId}-01`],
    ['in capitals', SAMPLED.toUpperCase()],
    ['of nothing', ''],
  ])('starts a trace of its own for a traceparent %s', async (_what, traceparent) => {
    const { spans, span } = await call(server, { traceparent });
    expect(spans.map(shapeOf)).toEqual([span()]);
    expect(spans[0]!.spanContext().traceId).not.toBe(CALLER.traceId);
  });

  it('carries the baggage on that the options allow', async () => {
    const headers = { traceparent: SAMPLED, baggage: 'tenant=acme,plan=pro%20plus;ttl=1' };
    const { sentOn } = await call(server, headers, { baggage: { allow: ['*'] } });
    expect(sentOn.baggage).toBe('tenant=acme,plan=pro%20plus;ttl=1');
  });

  it('carries baggage on without a trace of the caller', async () => {
    const { sentOn } = await call(server, { baggage: 'tenant=acme' }, { baggage: { allow: ['*'] } });
    expect(sentOn.baggage).toBe('tenant=acme');
  });

  const link = { ...CALLER, attributes: {} };
  it.each<[string, TelemetryModuleOptions['http'], boolean]>([
    ['nobody', { trustRemoteParent: false }, false],
    ['who has no key', { trustRemoteParent: (request) => request.headers['x-key'] === 'secret' }, false],
    ['a caller that has a key', { trustRemoteParent: (request) => request.headers['x-key'] === 'k' }, true],
    [
      'nobody while the predicate throws',
      {
        trustRemoteParent: () => {
          throw new Error('no list');
        },
      },
      false,
    ],
    ['nobody while the predicate is a promise', { trustRemoteParent: (async () => true) as never }, false],
  ])('trusts %s: a trace of its own links to an untrusted caller', async (_who, http, trusted) => {
    const { spans, span } = await call(server, { traceparent: SAMPLED, 'x-key': 'k' }, { http: http! });
    expect(spans.map(shapeOf)).toEqual([trusted ? span({ parent: CALLER.spanId }) : span({ links: [link] })]);
    expect(spans[0]!.spanContext().traceId === CALLER.traceId).toBe(trusted);
  });

  it('samples by its own rules where the caller is not trusted', async () => {
    const { spans, span } = await call(
      server,
      { traceparent: NOT_SAMPLED },
      { http: { trustRemoteParent: false } },
    );
    expect(spans.map(shapeOf)).toEqual([span({ links: [link] })]);
  });

  it('ignores all but one traceparent', async () => {
    const other = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const { spans } = await call(server, { traceparent: [SAMPLED, other] });
    expect(spans[0]!.parentSpanContext).toBe(undefined);
  });
});
