import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { assert, describe, expect, it } from 'vitest';
import { ConsoleJsonSink } from '../../../src/pipeline/console/console-json.js';
import { buildLocalSink } from '../../../src/pipeline/exporters/local-sinks.js';
import { MemorySink } from '../../../src/pipeline/exporters/memory-sink.js';
import type { SpanSink } from '../../../src/pipeline/span-sink.js';
import { at, tracingInto } from './tracing-into.js';

const options = {
  instance: 'test',
  log: { log: () => undefined, warn: () => undefined, error: () => undefined },
};

function end(sink: SpanSink, ...names: string[]): void {
  const tracing = tracingInto((span) => sink.acceptSpan(span));
  for (const name of names) tracing.start(name, 0).end(at(1));
}

describe('memory', () => {
  it('keeps the newest spans, oldest first, and counts all as delivered', async () => {
    const sink = await buildLocalSink({ type: 'memory', maxSpans: 3 }, options);
    assert.instanceOf(sink, MemorySink);
    end(sink, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    expect(sink.spans().map(({ name }) => name)).toEqual(['f', 'g', 'h']);
    expect(sink.status()).toMatchObject({
      exporter: 'memory',
      ended: 8,
      delivered: 8,
      dropped: {},
      queuedSpans: 0,
    });
  });

  it('hands out a copy, forgets on clear, and stays readable after shutdown', async () => {
    const sink = new MemorySink();
    end(sink, 'a');
    sink.spans().pop();
    expect(sink.spans()).toHaveLength(1);
    sink.clear();
    expect(sink.spans()).toEqual([]);
    end(sink, 'b');
    await sink.shutdown(100);
    end(sink, 'c');
    expect(sink.spans().map(({ name }) => name)).toEqual(['b']);
    expect(sink.status()).toMatchObject({ ended: 3, delivered: 2, dropped: { shutdown: 1 } });
  });
});

it('none counts spans as delivered until it is shut down', async () => {
  const sink = await buildLocalSink({ type: 'none' }, options);
  end(sink, 'a', 'b');
  await sink.forceFlush();
  await sink.shutdown(100);
  end(sink, 'c');
  expect(sink.status()).toMatchObject({
    exporter: 'none',
    ended: 3,
    delivered: 2,
    dropped: { shutdown: 1 },
    queuedSpans: 0,
  });
});

describe('console with format json', () => {
  it('writes one object a line and span', () => {
    const written: string[] = [];
    const sink = new ConsoleJsonSink({
      color: true,
      columns: 100,
      write: (text, done) => {
        written.push(text);
        done();
      },
    });
    const tracing = tracingInto((span) => sink.acceptSpan(span));
    const root = tracing.start('GET /', 0, { kind: SpanKind.SERVER });
    const link = { context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 } };
    const child = tracing.start('work', 1, {
      parent: root,
      attributes: { 'a.b': 'line\nbreak' },
      links: [link],
    });
    child.addEvent('cache.miss', { key: 'k' }, at(2));
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
    child.end(at(2.25));
    root.end(at(3));

    expect(written.map((line) => [line.indexOf('\n') === line.length - 1, JSON.parse(line)])).toEqual([
      [
        true,
        {
          traceId: '00000000000000000000000000000001',
          spanId: '0000000000000002',
          parentSpanId: '0000000000000001',
          name: 'work',
          kind: 'INTERNAL',
          startTime: '2026-11-20T14:03:22.124000000Z',
          durationMillis: 1.25,
          status: { code: 'ERROR', message: 'no' },
          attributes: { 'a.b': 'line\nbreak' },
          events: [{ name: 'cache.miss', time: '2026-11-20T14:03:22.125000000Z', attributes: { key: 'k' } }],
          links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
          resource: { 'service.name': 'orders' },
          scope: { name: 'tests', version: '1.0.0' },
        },
      ],
      [
        true,
        {
          traceId: '00000000000000000000000000000001',
          spanId: '0000000000000001',
          name: 'GET /',
          kind: 'SERVER',
          startTime: '2026-11-20T14:03:22.123000000Z',
          durationMillis: 3,
          status: { code: 'UNSET' },
          attributes: {},
          events: [],
          links: [],
          resource: { 'service.name': 'orders' },
          scope: { name: 'tests', version: '1.0.0' },
        },
      ],
    ]);
    expect(sink.status()).toMatchObject({ exporter: 'console', ended: 2, delivered: 2, queuedSpans: 0 });
  });

  it('counts a span that is no JSON as dropped, and goes on', () => {
    const written: string[] = [];
    const sink = new ConsoleJsonSink({
      color: false,
      columns: 100,
      write: (text, done) => {
        written.push(text);
        done();
      },
    });
    const tracing = tracingInto((span) =>
      sink.acceptSpan(span.name === 'odd' ? { ...span, attributes: { big: 1n as never } } : span),
    );
    tracing.start('odd', 0).end(at(1));
    tracing.start('even', 0).end(at(1));
    expect(written.map((line) => JSON.parse(line).name)).toEqual(['even']);
    expect(sink.status()).toMatchObject({ ended: 2, delivered: 1, dropped: { exporter_error: 1 } });
  });
});
