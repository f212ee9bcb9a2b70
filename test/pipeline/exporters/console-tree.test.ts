import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
} from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FlowContext, runInContext } from '../../../src/context/flow-context.js';
import { ConsoleTreeSink } from '../../../src/pipeline/console/console-tree.js';
import { TracePrinter } from '../../../src/pipeline/console/trace-printer.js';
import { at, CountingIds, tracingInto } from './tracing-into.js';

const TRACE = '00000000000000000000000000000001';

/** Each element is one write. */
let written: string[];
let printer: TracePrinter;
let sink: ConsoleTreeSink;

function printerInto(target: string[], color = false): TracePrinter {
  return new TracePrinter({
    color,
    columns: 100,
    write(text, done) {
      target.push(text);
      done();
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  printer = printerInto(written);
  sink = new ConsoleTreeSink(undefined, printer);
});

afterEach(async () => {
  vi.useRealTimers();
  await sink.shutdown(100);
});

it('says an attribute that the parent has only where it differs', () => {
  const orders = tracingInto((span) => sink.acceptSpan(span));
  const of = (user: string) => ({ attributes: { 'user.id': user, 'app.tags': ['a', 'b'] } });
  const root = orders.start('job', 0, of('alice'));
  const step = orders.start('step', 1, { parent: root, ...of('alice') });
  orders.start('deeper', 2, { parent: step, ...of('bob') }).end(at(3));
  step.end(at(4));
  root.end(at(5));
  vi.runAllTicks();
  vi.advanceTimersByTime(1);
  expect(
    written
      .join('')
      .split('\n')
      .filter((line) => line.includes('user.id')),
  ).toEqual(['│  user.id=alice  app.tags=["a","b"]', '         user.id=bob']);
});

describe('format line', () => {
  const slow = (name: string, millis: number): string => `${name} ${millis.toFixed(2)} ms`;

  it('prints each trace as one line, also of twenty requests at a time', () => {
    const lines = new ConsoleTreeSink({ format: 'line' }, printer);
    const orders = tracingInto((span) => lines.acceptSpan(span));
    const requests = Array.from({ length: 20 }, (_, index) => {
      const root = orders.start(`GET /orders/${index}`, 0, {
        kind: SpanKind.SERVER,
        attributes: { 'user.id': 'alice', 'http.response.status_code': 200 },
      });
      return { root, index };
    });
    for (const { root } of requests) orders.start('load', 1, { parent: root }).end(at(3));
    for (const { root } of requests) orders.start('SELECT orders', 3, { parent: root }).end(at(8));
    for (const { root } of requests) root.end(at(12));
    vi.runAllTicks();
    vi.advanceTimersByTime(1);
    expect(written.join('').split('\n')).toEqual([
      ...requests.map(
        ({ index, root }) =>
          `14:03:22.123  orders  GET /orders/${index} [server]  200  12.0 ms  › 2 spans, ${slow('SELECT orders', 5)}  ` +
          `user.id=alice  trace=${root.spanContext().traceId}`,
      ),
      '',
    ]);
  });

  it('says what went wrong, wherever it did, and keeps foreign text on the line', () => {
    const lines = new ConsoleTreeSink({ format: 'line' }, printer);
    const orders = tracingInto((span) => lines.acceptSpan(span));
    const root = orders.start('job\nEVIL', 0);
    const step = orders.start('charge', 1, { parent: root });
    step.recordException(new TypeError('card declined'), at(2));
    step.setStatus({ code: SpanStatusCode.ERROR });
    step.end(at(2));
    root.setStatus({ code: SpanStatusCode.ERROR, message: 'no charge' });
    root.end(at(4));
    vi.runAllTicks();
    vi.advanceTimersByTime(1);
    expect(written).toEqual([
      `14:03:22.123  orders  job\\nEVIL  ✗  4.00 ms  › ${slow('charge', 1)}  ✗ no charge  trace=${TRACE}\n`,
    ]);
  });
});

describe('a finished trace', () => {
  it('prints as one tree with times, kinds, attributes and the HTTP status, in one write', () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const root = orders.start('GET /orders/:id', 0, {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/orders/:id',
        'url.path': '/orders/42',
        'url.scheme': 'http',
        'user_agent.original': 'curl/8',
        'http.response.status_code': 200,
      },
    });
    const find = orders.start('OrdersService.findOne', 1, { parent: root, attributes: { 'order.id': 42 } });
    orders.start('SELECT orders', 2, { parent: find, kind: SpanKind.CLIENT }).end(at(7.5));
    find.addEvent('cache.miss', { key: 'order:42' }, at(1.5));
    find.end(at(9));
    orders.start('PricingService.price', 10, { parent: root }).end(at(10.25));
    root.end(at(12));
    expect(written).toEqual([]);
    vi.runAllTicks();
    vi.advanceTimersByTime(1);

    expect(written).toEqual([
      [
        `orders  trace ${TRACE}  14:03:22.123`,
        'GET /orders/:id [server]       12.0 ms  ━━━━━━━━━━━━━━━━  200',
        '│  url.path=/orders/42',
        '├─ OrdersService.findOne       8.00 ms  ·━━━━━━━━━━━····',
        '│  │  order.id=42',
        '│  │  • 500 µs  cache.miss  key=order:42',
        '│  └─ SELECT orders [client]   5.50 ms  ··━━━━━━━·······',
        '└─ PricingService.price         250 µs  ·············━··',
        '',
        '',
      ].join('\n'),
    ]);
    expect(sink.status()).toMatchObject({
      exporter: 'console',
      ended: 4,
      delivered: 4,
      dropped: {},
      queuedSpans: 0,
    });
  });

  it('shows what failed, why and where', async () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const root = orders.start('GET /fail', 0, { attributes: { 'http.response.status_code': 500 } });
    const work = orders.start('Work.do', 1, { parent: root });
    const error = new TypeError('no price');
    error.stack = `TypeError: no price\n    at node:internal/x:1:1\n    at Work.do (file://${process.cwd()}/src/work.ts:3:7)`;
    work.recordException(error, at(1));
    work.setStatus({ code: SpanStatusCode.ERROR, message: 'no price' });
    work.end(at(2));
    root.setStatus({ code: SpanStatusCode.ERROR, message: 'upstream' });
    root.end(at(4));
    await sink.forceFlush();

    expect(written.join('').split('\n')).toEqual([
      `orders  trace ${TRACE}  14:03:22.123`,
      'GET /fail    4.00 ms  ━━━━━━━━━━━━━━━━  500',
      '│  ✗ upstream',
      '└─ Work.do   1.00 ms  ····━━━━········  ✗',
      '      ✗ TypeError: no price',
      '        at Work.do (src/work.ts:3:7)',
      '',
      '',
    ]);
  });

  it('names the service where it changes when a request crosses two instances', async () => {
    const ids = new CountingIds();
    const other = new ConsoleTreeSink(undefined, printer);
    const orders = tracingInto((span) => sink.acceptSpan(span), 'orders', ids);
    const billing = tracingInto((span) => other.acceptSpan(span), 'billing', ids);
    const root = orders.start('GET /orders', 0);
    const invoice = billing.start('Invoice.create', 2, { parent: root });
    orders.start('Orders.confirm', 4, { parent: invoice }).end(at(6));
    invoice.end(at(8));
    root.end(at(16));
    await sink.forceFlush();

    expect(written.join('').split('\n')).toEqual([
      `orders  trace ${TRACE}  14:03:22.123`,
      'GET /orders                     16.0 ms  ━━━━━━━━━━━━━━━━',
      '└─ billing › Invoice.create     6.00 ms  ··━━━━━━········',
      '   └─ orders › Orders.confirm   2.00 ms  ····━━··········',
      '',
      '',
    ]);
    expect([sink.status().delivered, other.status().delivered]).toEqual([2, 1]);
    await other.shutdown(100);
  });

  it('sums up model calls in a line, in either vocabulary, and what an agent has spent', async () => {
    const shop = tracingInto((span) => sink.acceptSpan(span));
    const root = shop.start('invoke_agent tea', 0, {
      attributes: { 'gen_ai.usage.input_tokens': 2335, 'gen_ai.usage.output_tokens': 336 },
    });
    const call = (name: string, attributes: Attributes): void =>
      shop.start(name, 1, { parent: root, kind: SpanKind.CLIENT, attributes }).end(at(9));
    call('chat gpt-4o', {
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 1204,
      'gen_ai.usage.output_tokens': 318,
      'gen_ai.usage.cost': 0.00619,
      'gen_ai.response.time_to_first_chunk': 0.2104,
      'gen_ai.response.finish_reasons': ['stop'],
    });
    call('llm', { 'llm.model_name': 'sonnet', 'llm.token_count.prompt': 0, 'llm.cost.total': 1.5 });
    call('chat o5', { 'gen_ai.request.model': 'o5' });
    root.end(at(10));
    await sink.forceFlush();
    expect(
      written
        .join('')
        .split('\n')
        .map((line) => line.replace(/ {2,}[\d.]+ ms.*/, '')),
    ).toEqual([
      expect.stringMatching(/^orders {2}trace/),
      'invoke_agent tea',
      '│  2,335→336 tok',
      '├─ chat gpt-4o [client]',
      '│     gpt-4o 1,204→318 tok $0.0062 ttft 210 ms',
      '│     gen_ai.response.finish_reasons=["stop"]',
      '├─ llm [client]',
      '│     sonnet 0→? tok $1.5000',
      '└─ chat o5 [client]',
      '      o5',
      '',
      '',
    ]);
  });

  it('folds many siblings that say the same', async () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const root = orders.start('GET /orders', 0);
    for (let item = 0; item < 40; item++) orders.start('load item', item, { parent: root }).end(at(item + 1));
    root.end(at(40));
    await sink.forceFlush();
    expect(written.join('')).toContain('\n└─ load item ×40   40.0 ms  ━━━━━━━━━━━━━━━━\n');
  });

  it('shows calls by their statement and address, and folds none with those to another side', async () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const root = orders.start('GET /orders', 0);
    const call = (name: string, attributes: Attributes): void =>
      orders.start(name, 1, { parent: root, kind: SpanKind.CLIENT, attributes }).end(at(9));
    const postgres = { 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT' };
    call('SELECT items', {
      ...postgres,
      'db.query.summary': 'SELECT items',
      'db.collection.name': 'items',
      'db.query.text': 'SELECT id, name, price FROM items WHERE order_id = $1 ORDER BY position',
    });
    call('COMMIT', { ...postgres, 'db.operation.name': 'COMMIT', 'db.query.text': 'COMMIT' });
    call('GET', { 'db.system.name': 'redis', 'db.operation.name': 'GET' });
    for (let item = 0; item < 4; item += 1)
      call('GET', { 'http.request.method': 'GET', 'url.full': `http://items/${item}` });
    call('SELECT items ×37', {
      ...postgres,
      'db.query.summary': 'SELECT items',
      'nestjs.folded.count': 37,
      'nestjs.folded.duration.sum': 0.37,
      'nestjs.folded.duration.min': 0.001,
      'nestjs.folded.duration.max': 0.1,
    });
    root.end(at(10));
    await sink.forceFlush();
    const lines = written.join('').split('\n').slice(2);
    expect(lines.map((line) => line.replace(/ {2,}[\d.]+ ms.*/, ''))).toEqual([
      '├─ SELECT items [client]',
      '│     db.system.name=postgresql',
      '│     db.query.text=SELECT id, name, price FROM items WHERE order_id = $1 ORDER BY position',
      '├─ COMMIT [client]',
      '│     db.system.name=postgresql',
      '├─ GET [client]',
      '│     db.system.name=redis',
      ...[0, 1, 2, 3].flatMap((item) => ['├─ GET [client]', `│     url.full=http://items/${item}`]),
      '└─ SELECT items ×37 [client]',
      '      37 calls took 370 ms, from 1.00 ms to 100 ms',
      '      db.system.name=postgresql',
      '',
      '',
    ]);
  });

  it('keeps every line within the width, however deep or long', async () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const chain = [orders.start('r'.repeat(200), 0, { kind: SpanKind.SERVER })];
    for (let depth = 1; depth < 40; depth++) {
      const attributes = { 'a.key': 'v'.repeat(300), 'b.key': 'w'.repeat(90), 'c.key': ['x'.repeat(90)] };
      chain.push(orders.start(`level ${depth}`, depth, { parent: chain[depth - 1]!, attributes }));
    }
    for (const span of chain.reverse()) span.end(at(100));
    await sink.forceFlush();
    const lines = written.join('').split('\n');
    expect(lines.filter((line) => [...line].length > 100)).toEqual([]);
    expect(lines.filter((line) => /level \d/.test(line))).toHaveLength(39);
  });

  it('cannot be made to command the terminal by what a client sends', async () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    orders
      .start('GET \u001b[2J\r\n\u202e', 0, { attributes: { 'url.path': '/\u001b]0;owned\u0007' } })
      .end(at(1));
    await sink.forceFlush();
    // eslint-disable-next-line no-control-regex -- their absence is the point
    expect(written.join('')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(written.join('')).toContain('GET \\u001b[2J\\r\\n\\u202e');
  });

  it('says which remote span it continues', async () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const parent = trace.wrapSpanContext({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      traceFlags: TraceFlags.SAMPLED,
      isRemote: true,
    });
    orders.start('GET /', 0, { parent }).end(at(1));
    await sink.forceFlush();
    expect(written.join('').split('\n')[0]).toBe(
      'orders  trace 4bf92f3577b34da6a3ce929d0e0e4736  14:03:22.123  continues 00f067aa0ba902b7',
    );
  });

  it('uses colours where the terminal or the configuration wants them', async () => {
    for (const [terminal, option, colored] of [
      [true, undefined, true],
      [false, undefined, false],
      [true, false, false],
      [false, true, true],
    ] as const) {
      const target: string[] = [];
      const own = new ConsoleTreeSink({ color: option }, printerInto(target, terminal));
      tracingInto((span) => own.acceptSpan(span))
        .start('job', 0)
        .end(at(1));
      await own.shutdown(100);
      expect([terminal, option, target.join('').includes('\u001b[')]).toEqual([terminal, option, colored]);
    }
  });
});

describe('spans without their root', () => {
  it('follow in one tree when they end after the root', () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const root = orders.start('GET /orders', 0);
    const audit = orders.start('Audit.write', 1, { parent: root });
    const mail = orders.start('Mail.send', 2, { parent: root });
    root.end(at(3));
    vi.advanceTimersByTime(1);
    orders.start('INSERT audit', 4, { parent: audit }).end(at(6));
    audit.end(at(9));
    mail.end(at(10));
    vi.advanceTimersByTime(100);

    expect(written.slice(1)).toEqual([
      [
        `orders  trace ${TRACE}  14:03:22.124  later, after GET /orders`,
        'Audit.write       8.00 ms  ━━━━━━━━━━━━━━··',
        '└─ INSERT audit   2.00 ms  ·····━━━━·······',
        'Mail.send         8.00 ms  ·━━━━━━━━━━━━━━·',
        '',
        '',
      ].join('\n'),
    ]);
    expect(sink.status()).toMatchObject({ ended: 4, delivered: 4, queuedSpans: 0 });
  });

  it('appear within a second when the parent never ends', () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const lost = orders.start('never ends', 0);
    orders.start('child', 1, { parent: lost }).end(at(2));
    vi.advanceTimersByTime(999);
    expect(sink.status()).toMatchObject({ ended: 1, delivered: 0, queuedSpans: 1 });
    vi.advanceTimersByTime(1);
    expect(written.join('').split('\n').slice(0, 2)).toEqual([
      `orders  trace ${TRACE}  14:03:22.124  parent has not ended`,
      'child   1.00 ms',
    ]);
    expect(sink.status()).toMatchObject({ ended: 1, delivered: 1, queuedSpans: 0 });
  });

  it('appear again in the whole tree when the root ends after all, and count once', () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const root = orders.start('GET /slow', 0);
    orders.start('first', 1, { parent: root }).end(at(2));
    vi.advanceTimersByTime(1_000);
    root.end(at(3_000));
    vi.advanceTimersByTime(1);
    expect(written).toHaveLength(2);
    expect(written[1]).toContain('GET /slow    3.00 s');
    expect(written[1]).toContain('└─ first');
    expect(sink.status()).toMatchObject({ ended: 2, delivered: 2, queuedSpans: 0 });
  });

  it('wait longer for a root that is known to run', () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const root = orders.start('GET /slow', 0);
    runInContext(FlowContext.from(trace.setSpan(ROOT_CONTEXT, root)), () => {
      orders.start('query', 1, { parent: root }).end(at(2));
    });
    vi.advanceTimersByTime(2_500);
    expect(written).toEqual([]);
    root.end(at(2_500));
    vi.advanceTimersByTime(1);
    expect(written).toHaveLength(1);
    expect(written[0]).toContain('└─ query');
  });

  it('print at once on forceFlush and shutdown', async () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const lost = orders.start('never ends', 0);
    orders.start('first', 1, { parent: lost }).end(at(2));
    await sink.forceFlush();
    expect(written).toHaveLength(1);
    orders.start('second', 1, { parent: lost }).end(at(2));
    await sink.shutdown(100);
    expect(written).toHaveLength(2);
    expect(written[1]).not.toContain('first');
    orders.start('third', 1, { parent: lost }).end(at(2));
    expect(sink.status()).toMatchObject({ ended: 3, delivered: 2, dropped: { shutdown: 1 }, queuedSpans: 0 });
  });

  it('do not grow the process: the oldest trace gives way', () => {
    const orders = tracingInto((span) => sink.acceptSpan(span));
    const lost = orders.start('never ends', 0);
    for (let span = 0; span < 10_001; span++) orders.start('child', span, { parent: lost }).end(at(span + 1));
    expect(sink.status()).toMatchObject({ ended: 10_001, delivered: 10_001, queuedSpans: 0 });
    expect(written).toHaveLength(1);
  });
});

it('counts spans as dropped when the terminal is gone, and lives', async () => {
  const broken = new ConsoleTreeSink(
    undefined,
    new TracePrinter({
      color: false,
      columns: 100,
      write: (_text, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    }),
  );
  tracingInto((span) => broken.acceptSpan(span))
    .start('job', 0)
    .end(at(1));
  await broken.forceFlush();
  expect(broken.status()).toMatchObject({
    ended: 1,
    delivered: 0,
    dropped: { exporter_error: 1 },
    lastError: { code: 'EPIPE', reason: 'write EPIPE' },
  });
  await broken.shutdown(100);
});

it('does not hang in shutdown when the terminal never answers', async () => {
  const stuck = new ConsoleTreeSink(
    undefined,
    new TracePrinter({ color: false, columns: 100, write: () => undefined }),
  );
  tracingInto((span) => stuck.acceptSpan(span))
    .start('job', 0)
    .end(at(1));
  const closing = stuck.shutdown(50);
  await vi.advanceTimersByTimeAsync(50);
  await closing;
  expect(stuck.status()).toMatchObject({ ended: 1, delivered: 0, dropped: { shutdown: 1 }, queuedSpans: 0 });
});
