import { Controller, Get, Inject } from '@nestjs/common';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { TracerManager, type HttpOptions, type TelemetryModuleOptions } from '../../../src/index.js';
import { serverSpan } from '../../support/expected-server-span.js';
import { ALL_SERVERS, type ServerKind } from '../../support/server-kinds.js';
import { shapeOf } from '../../support/span-shape.js';
import { startApp, type TestAppOptions } from '../../support/test-app.js';

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const SAMPLED = { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` };

@Controller()
class ShopController {
  constructor(@Inject(TracerManager) private readonly tracing: TracerManager) {}

  @Get('health')
  health() {
    return this.tracing.withSpan('check', () => 'ok');
  }

  @Get('orders/:id')
  order() {
    return this.tracing.withSpan('load', () => 'order');
  }

  @Get('internal/metrics')
  metrics() {
    return '';
  }
}

const order = { path: '/orders/7', route: '/orders/:id', handler: 'ShopController.order' };

function startShop(server: ServerKind, telemetry: TelemetryModuleOptions, more: TestAppOptions = {}) {
  return startApp({ server, telemetry, controllers: [ShopController], ...more });
}

/** Names of all that is exported after requests for these paths. */
async function namesAfter(server: ServerKind, telemetry: TelemetryModuleOptions, paths: readonly string[]) {
  const app = await startShop(server, telemetry);
  for (const path of paths) await app.get(path);
  await app.close();
  return app.recorder.spans().map(({ name }) => name);
}

describe.each(ALL_SERVERS)('$name', (server) => {
  it('tells the sizes of the bodies, if it should', async () => {
    const app = await startShop(server, { http: { bodySizes: true } });
    await app.get('/orders/7');
    await app.send({ method: 'POST', path: '/none', body: 'four', headers: { 'content-length': '4' } });
    await app.close();
    expect(app.recorder.span('GET /orders/:id').attributes).toMatchObject({
      'http.request.body.size': 0,
      'http.response.body.size': 5,
    });
    expect(app.recorder.span('POST').attributes).toMatchObject({ 'http.request.body.size': 4 });
  });

  describe('include and exclude', () => {
    const paths = ['/health', '/orders/7', '/internal/metrics', '/internal/none'];
    const health = ['check', 'GET /health'];
    const orders = ['load', 'GET /orders/:id'];
    const metrics = ['GET /internal/metrics'];

    it.each<[string, HttpOptions, readonly string[]]>([
      ['a path', { exclude: ['/health'] }, [...orders, ...metrics, 'GET']],
      ['a path without its slash', { exclude: ['health'] }, [...orders, ...metrics, 'GET']],
      ['a route template', { exclude: ['/orders/:id'] }, [...health, ...metrics, 'GET']],
      ['everything below a path', { exclude: ['/internal/*'] }, [...health, ...orders]],
      [
        'a method and a path',
        { exclude: ['GET /health', 'POST /orders/:id'] },
        [...orders, ...metrics, 'GET'],
      ],
      ['a regular expression', { exclude: [/^\/(health|internal)/g] }, orders],
      ['all but one', { include: ['/orders/:id'] }, orders],
      [
        'what is included and excluded',
        { include: ['/internal/*', '/health'], exclude: ['/health'] },
        [...metrics, 'GET'],
      ],
    ])('leaves out %s, and what happens below', async (_what, http, names) => {
      expect(await namesAfter(server, { http }, paths)).toEqual(names);
    });

    it('leaves out what happens below an excluded route whatever the sampler says', async () => {
      const sampler = { type: 'always-on', parentBased: false } as const;
      expect(await namesAfter(server, { sampler, http: { exclude: ['/health'] } }, ['/health'])).toEqual([]);
    });

    it('still takes part in the trace of the caller', async () => {
      const app = await startShop(server, { http: { exclude: ['/health'] } });
      expect((await app.get('/health', SAMPLED)).status).toBe(200);
      await app.close();
      expect(app.recorder.spans()).toEqual([]);
    });
  });

  it('tells the trace id in the header that the options name', async () => {
    const app = await startShop(server, { http: { traceIdHeader: 'x-trace-id' } });
    const { headers } = await app.get('/orders/7', SAMPLED);
    expect(headers['x-trace-id']).toBe(CALLER.traceId);
    const unknown = await app.get('/nowhere', SAMPLED);
    expect(unknown.headers['x-trace-id']).toBe(CALLER.traceId);
  });

  it('tells no trace id unless asked', async () => {
    const app = await startShop(server, {});
    const { headers } = await app.get('/orders/7', SAMPLED);
    expect(Object.keys(headers)).not.toContain('x-trace-id');
    expect(JSON.stringify(headers)).not.toContain(CALLER.traceId);
  });

  it('lets hooks write on the span, and gives them request and response', async () => {
    const app = await startShop(server, {
      http: {
        requestHook: (span, request) => span.setAttribute('shop.host', String(request.headers['x-shop'])),
        responseHook: (span, request, response) => {
          span.setAttribute('shop.answer', `${request.method ?? ''} ${response.statusCode}`);
        },
      },
    });
    await app.get('/orders/7', { 'x-shop': 'berlin' });
    expect(shapeOf(await app.recorder.waitFor('GET /orders/:id'))).toEqual(
      serverSpan(app, { ...order, attributes: { 'shop.host': 'berlin', 'shop.answer': 'GET 200' } }),
    );
  });

  it.each<[string, () => unknown]>([
    [
      'throw',
      () => {
        throw new Error('hook');
      },
    ],
    ['reject', () => Promise.reject(new Error('hook'))],
  ])('lives with hooks that %s', async (_how, hook) => {
    const app = await startShop(server, { http: { requestHook: hook, responseHook: hook } });
    expect((await app.get('/orders/7')).status).toBe(200);
    expect(shapeOf(await app.recorder.waitFor('GET /orders/:id'))).toEqual(serverSpan(app, order));
  });

  it('makes no server span with `http: false`, and roots of what runs below', async () => {
    const app = await startShop(server, { http: false });
    expect((await app.get('/orders/7')).status).toBe(200);
    await app.close();
    expect(app.recorder.spans().map(({ name, parentSpanContext }) => [name, parentSpanContext])).toEqual([
      ['load', undefined],
    ]);
  });

  it('continues the trace of the caller with `http: false`', async () => {
    const app = await startShop(server, { http: false });
    await app.get('/orders/7', SAMPLED);
    await app.close();
    const [load] = app.recorder.spans();
    expect([load!.spanContext().traceId, load!.parentSpanContext?.spanId]).toEqual([
      CALLER.traceId,
      CALLER.spanId,
    ]);
  });

  it('makes no span while disabled, and can be enabled and disabled live', async () => {
    const app = await startShop(server, { enabled: false });
    const tracing = app.app.get(TracerManager, { strict: false });
    expect((await app.get('/orders/1')).status).toBe(200);
    expect(app.recorder.spans()).toEqual([]);
    await tracing.reconfigure({ enabled: true });
    await app.get('/orders/7');
    expect(shapeOf(await app.recorder.waitFor('GET /orders/:id'))).toEqual(serverSpan(app, order));
    await tracing.reconfigure({ enabled: false });
    app.recorder.clear();
    expect((await app.get('/orders/2')).status).toBe(200);
    await app.close();
    expect(app.recorder.spans()).toEqual([]);
  });

  it('shows the route and the attributes to a sampler', async () => {
    const seen: unknown[] = [];
    const sampler: Sampler = {
      shouldSample: (_context, _traceId, name, kind, attributes) => {
        seen.push([name, kind, attributes['http.route'], attributes['url.path']]);
        return { decision: SamplingDecision.NOT_RECORD };
      },
      toString: () => 'seeing',
    };
    const app = await startShop(server, { sampler });
    expect((await app.get('/health')).status).toBe(200);
    await app.close();
    expect(seen[0]).toEqual(['GET /health', 1, '/health', '/health']);
    expect(app.recorder.spans()).toEqual([]);
  });
});
