import { readFileSync } from 'node:fs';
import { recordSpans } from 'nestjs-telemetry/testing';
import { expect, it } from 'vitest';
import { run } from './running-app.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('a public edge starts its own trace, tells its id, hides vouchers and adds the locale', async () => {
  const { AppModule } = await import('./examples/server-spans/edge.js');
  const app = await run(AppModule);
  const spans = await recordSpans(app);
  const answer = await fetch(`${app.url}/orders/42?voucher=abc&page=2`, {
    headers: { traceparent: TRACEPARENT, 'accept-language': 'de' },
  });
  const span = await spans.waitFor('GET /orders/:id');
  expect(span.parentSpanContext).toBeUndefined();
  expect(span.links.map(({ context }) => context.traceId)).toEqual(['0af7651916cd43dd8448eb211c80319c']);
  expect(answer.headers.get('x-trace-id')).toBe(span.spanContext().traceId);
  expect(span.attributes).toMatchObject({ 'url.query': 'voucher=REDACTED&page=2', 'shop.locale': 'de' });

  spans.clear();
  await fetch(`${app.url}/orders/42`, { headers: { traceparent: TRACEPARENT, 'x-from-gateway': 'yes' } });
  expect((await spans.waitFor('GET /orders/:id')).parentSpanContext?.spanId).toBe('b7ad6b7169203331');
});

it('a route can be traced by hand', async () => {
  const { AppModule } = await import('./examples/server-spans/by-hand.js');
  const app = await run(AppModule);
  const spans = await recordSpans(app);
  await fetch(`${app.url}/reports/ping`);
  await fetch(`${app.url}/reports/daily`);
  await spans.waitFor('GET /reports/daily');
  expect(spans.tree()).toEqual([{ name: 'GET /reports/daily', children: [] }]);
});

it('a wide event has the fields of the whole request', async () => {
  const { AppModule } = await import('./examples/server-spans/wide-event.js');
  const app = await run(AppModule);
  const spans = await recordSpans(app);
  await fetch(`${app.url}/checkout/teapot`, { method: 'POST' });
  expect((await spans.waitFor('POST /checkout/:item')).attributes).toMatchObject({
    'nestjs_otel.wide_event': true,
    'user.plan': 'none',
    'cart.items': 1,
    'cart.gift': false,
    'payment.attempts': 1,
    'payment.duration_ms': expect.any(Number) as number,
    'order.id': 'o-7',
  });
});

it('the document lists every attribute that the library gives to server spans', () => {
  const document = readFileSync('docs/server-spans.md', 'utf8');
  const written = ['src/http/server-attributes.ts', 'src/http/request-outcome.ts', 'src/tracing/exception.ts']
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'([a-z_]+(?:\.[a-z_]+)+)'/g)])
    .map(([, name = '']) => name);
  expect(written).toContain('http.route');
  expect([...new Set(written)].filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
});
