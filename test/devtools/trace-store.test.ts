import { describe, expect, it } from 'vitest';
import { parseTraceFilter } from '../../src/devtools/store/trace-filter.js';
import { TraceStore } from '../../src/devtools/store/trace-store.js';
import { errorList } from '../../src/devtools/store/error-list.js';
import { routeStatistics } from '../../src/devtools/store/route-statistics.js';
import { FAILED, span, traceId } from './support/spans.js';

describe('a trace store', () => {
  it('keeps the newest traces, and failed and slow ones longest', () => {
    const store = new TraceStore({ maxTraces: 10 });
    store.add(span({ traceId: traceId(1), status: FAILED }));
    store.add(span({ traceId: traceId(2), start: 1000, end: 3000 }));
    for (let id = 3; id <= 30; id += 1) store.add(span({ traceId: traceId(id), start: 10_000 + id }));

    expect(store.all().map((trace) => Number.parseInt(trace.traceId, 16))).toEqual(
      expect.arrayContaining([1, 2, 23, 24, 25, 26, 27, 28, 29, 30]),
    );
    expect(store.status()).toMatchObject({ traces: 10, evictedTraces: 20 });
  });

  it('lets failed traces go, too, once they fill half of it', () => {
    const store = new TraceStore({ maxTraces: 10 });
    for (let id = 1; id <= 100; id += 1) store.add(span({ traceId: traceId(id), status: FAILED }));
    store.add(span({ traceId: traceId(200) }));

    expect(store.status().traces).toBe(10);
    expect(store.get(traceId(200))?.spans.size).toBe(1);
    expect(store.get(traceId(1))).toBeUndefined();
  });

  it('holds no more bytes than it may, whatever comes', () => {
    const store = new TraceStore({ maxBytes: 50_000 });
    for (let id = 1; id <= 500; id += 1) {
      store.add(span({ traceId: traceId(id), bytes: 5000, status: id % 3 === 0 ? FAILED : { code: 0 } }));
      expect(store.status().bytes).toBeLessThanOrEqual(50_000);
    }
  });

  it('counts the spans of one endless trace that it leaves out', () => {
    const store = new TraceStore({ maxBytes: 50_000 });
    for (let count = 0; count < 100; count += 1) store.add(span({ traceId: traceId(7) }));

    expect(store.get(traceId(7))?.summary()).toMatchObject({ spanCount: 25, droppedSpans: 75 });
    expect(store.status()).toMatchObject({ spans: 25, droppedSpans: 75 });
  });

  it('replaces an open span when it has ended', () => {
    const store = new TraceStore();
    const open = span({ end: undefined });
    store.add(open);
    expect(store.get(open.traceId)?.summary().status).toBe('open');

    store.add({ ...open, end: open.start + 5, status: FAILED });
    expect(store.get(open.traceId)?.summary()).toMatchObject({
      status: 'error',
      spanCount: 1,
      errorCount: 1,
    });
  });

  it('names a trace after its first span, whatever the order of arrival', () => {
    const store = new TraceStore();
    const root = span({ name: 'GET /orders/:id' });
    const child = span({ traceId: root.traceId, parentSpanId: root.spanId, name: 'load', kind: 0 });
    const grandchild = span({ traceId: root.traceId, parentSpanId: child.spanId, name: 'SELECT', kind: 2 });
    for (const each of [grandchild, child, root]) store.add(each);

    expect(store.get(root.traceId)?.summary().name).toBe('GET /orders/:id');
  });

  it('tells what changed since it was asked last', () => {
    const store = new TraceStore();
    const first = span();
    store.add(first);
    const { version, changed } = store.since(0);
    expect(changed.map((trace) => trace.traceId)).toEqual([first.traceId]);
    expect(store.since(version).changed).toEqual([]);

    const second = span();
    store.add(second);
    expect(store.since(version).changed.map((trace) => trace.traceId)).toEqual([second.traceId]);
  });
});

describe('a filter', () => {
  const store = new TraceStore();
  const slow = span({
    name: 'GET /orders/:id',
    attributes: { 'http.route': '/orders/:id', 'http.response.status_code': 200, 'user.id': 'ada' },
    start: 0,
    end: 300,
  });
  const failed = span({
    name: 'POST /checkout',
    attributes: { 'http.route': '/checkout', 'http.response.status_code': 500, items: 3 },
    resource: { 'service.name': 'billing', region: 'eu' },
    status: FAILED,
  });
  store.add(slow);
  store.add(failed);

  it.each([
    ['', ['GET /orders/:id', 'POST /checkout']],
    ['route:/orders', ['GET /orders/:id']],
    ['status:error', ['POST /checkout']],
    ['status:ok', ['GET /orders/:id']],
    ['status:500', ['POST /checkout']],
    ['>200ms', ['GET /orders/:id']],
    ['>0.2s', ['GET /orders/:id']],
    ['<100ms', ['POST /checkout']],
    ['user.id=ada', ['GET /orders/:id']],
    ['items=3', ['POST /checkout']],
    ['region=eu', ['POST /checkout']],
    ['items=*', ['POST /checkout']],
    ['service:bill', ['POST /checkout']],
    ['-status:error', ['GET /orders/:id']],
    ['name:"POST /check"', ['POST /checkout']],
    ['CHECKOUT', ['POST /checkout']],
    ['route:/orders status:error >200ms user.id=ada', []],
    ['route:/orders >200ms user.id=ada', ['GET /orders/:id']],
    [slow.traceId, ['GET /orders/:id']],
    ['((((', []],
  ])('%s finds %j', (text, names) => {
    const found = store.all().filter(parseTraceFilter(text));
    expect(found.map((trace) => trace.summary().name).sort()).toEqual(names);
  });
});

describe('statistics', () => {
  it('count requests by name, the slowest first', () => {
    const store = new TraceStore();
    for (let count = 1; count <= 100; count += 1) store.add(span({ start: 0, end: count }));
    const slowest = span({ name: 'GET /slow', start: 0, end: 900, status: FAILED });
    store.add(slowest);
    store.add(span({ name: 'child', kind: 0, parentSpanId: 'a'.repeat(16), start: 0, end: 5000 }));

    expect(routeStatistics(store.all())).toEqual([
      {
        name: 'GET /slow',
        service: 'shop',
        count: 1,
        errors: 1,
        p50Millis: 900,
        p95Millis: 900,
        maxMillis: 900,
        slowestTraceId: slowest.traceId,
      },
      expect.objectContaining({
        name: 'GET /orders',
        count: 100,
        errors: 0,
        p50Millis: 50,
        p95Millis: 95,
        maxMillis: 100,
      }),
    ]);
  });

  it('name the innermost failure with its source line, once for all traces that fail alike', () => {
    const store = new TraceStore();
    const stack = [
      'Error: boom',
      '    at lib (file:///app/node_modules/lib/index.js:1:1)',
      '    at OrdersService.load (file:///app/src/orders.service.ts:12:9)',
    ].join('\n');
    const exception = {
      'exception.type': 'Error',
      'exception.message': 'boom',
      'exception.stacktrace': stack,
    };
    for (let count = 0; count < 3; count += 1) {
      const root = span({ status: FAILED });
      store.add(root);
      store.add(
        span({
          traceId: root.traceId,
          parentSpanId: root.spanId,
          name: 'OrdersService.load',
          status: FAILED,
          events: [{ name: 'exception', time: root.start, attributes: exception }],
        }),
      );
    }

    expect(errorList(store.all())).toEqual([
      expect.objectContaining({
        span: 'OrdersService.load',
        trace: 'GET /orders',
        type: 'Error',
        message: 'boom',
        source: 'OrdersService.load (/app/src/orders.service.ts:12:9)',
        count: 3,
      }),
    ]);
  });
});
