import { SpanKind } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BatchConfig } from '../../src/config/tracer-config.js';
import { activeContext, runInContext } from '../../src/context/flow-context.js';
import { openSink } from '../../src/pipeline/open-sink.js';
import type { SpanSink } from '../../src/pipeline/span-sink.js';
import { LogLines } from './support/log-lines.js';
import { makeSpan, unaccounted } from './support/span-fixture.js';

type Done = Parameters<SpanExporter['export']>[1];

const OK: ExportResult = { code: ExportResultCode.SUCCESS };
const failed = (error?: Error): ExportResult => ({ code: ExportResultCode.FAILED, ...(error && { error }) });
const UNAVAILABLE = Object.assign(new Error('14 UNAVAILABLE'), { code: 14 });

/** An exporter that keeps what it gets, and does with the callback what the test wants. */
class FakeExporter implements SpanExporter {
  readonly batches: string[][] = [];
  shutdowns = 0;
  onExport: (done: Done, spans: ReadableSpan[]) => unknown = (done) => done(OK);

  export(spans: ReadableSpan[], done: Done): unknown {
    this.batches.push(spans.map((span) => span.name));
    return this.onExport(done, spans);
  }

  async shutdown(): Promise<void> {
    this.shutdowns++;
  }
}

const sinks: SpanSink[] = [];
afterEach(async () => {
  await Promise.all(sinks.splice(0).map((sink) => sink.shutdown(50)));
});

async function open(
  batch: BatchConfig = {},
): Promise<{ exporter: FakeExporter; sink: SpanSink; log: LogLines }> {
  const exporter = new FakeExporter();
  const log = new LogLines();
  const sink = await openSink(exporter, { batch, log, instance: 'app' });
  sinks.push(sink);
  return { exporter, sink, log };
}

function accept(sink: SpanSink, ...names: string[]): void {
  for (const name of names) sink.acceptSpan(makeSpan({ name }));
}

describe('when a batch is sent', () => {
  it('sends after the delay, counted from the first span', async () => {
    const { exporter, sink } = await open({ scheduledDelayMillis: 20 });
    accept(sink, 'a', 'b');
    expect(exporter.batches).toEqual([]);
    await vi.waitFor(() => expect(exporter.batches).toEqual([['a', 'b']]));
  });

  it('sends a full batch at once, in a later turn of the loop', async () => {
    const { exporter, sink } = await open({ maxExportBatchSize: 2, scheduledDelayMillis: 60_000 });
    accept(sink, 'a', 'b', 'c');
    expect(exporter.batches).toEqual([]);
    await vi.waitFor(() => expect(exporter.batches).toEqual([['a', 'b']]));
    expect(sink.status()).toMatchObject({ ended: 3, delivered: 2, queuedSpans: 1 });
  });

  it('sends when the bytes of a batch are reached', async () => {
    const { exporter, sink } = await open({ maxExportBatchBytes: 10_000, scheduledDelayMillis: 60_000 });
    for (const name of ['a', 'b', 'c'])
      sink.acceptSpan(makeSpan({ name, attributes: { body: 'x'.repeat(2_000) } }));
    await vi.waitFor(() => expect(exporter.batches).toEqual([['a', 'b']]));
  });

  it('never calls the exporter twice at the same time', async () => {
    const { exporter, sink } = await open({ maxExportBatchSize: 1 });
    const pending: Done[] = [];
    exporter.onExport = (done) => pending.push(done);
    accept(sink, 'a', 'b');
    await vi.waitFor(() => expect(pending).toHaveLength(1));
    expect(exporter.batches).toEqual([['a']]);
    pending[0]!(OK);
    await vi.waitFor(() => expect(exporter.batches).toEqual([['a'], ['b']]));
    pending[1]!(OK);
  });

  it('exports outside of the request, with tracing suppressed', async () => {
    const { exporter, sink } = await open();
    let seen = activeContext();
    exporter.onExport = (done) => {
      seen = activeContext();
      done(OK);
    };
    await runInContext(activeContext().setValue(Symbol.for('request'), 1), async () => {
      accept(sink, 'a');
      await sink.forceFlush();
    });
    expect(seen.getValue(Symbol.for('request'))).toBeUndefined();
    expect(seen.suppressed).toBe(true);
  });
});

describe('an exporter that misbehaves', () => {
  const cases: Record<string, (done: Done) => unknown> = {
    throws: () => {
      throw new Error('secret-token');
    },
    'throws undefined': () => {
      throw undefined;
    },
    'reports a failure': (done) => done(failed(new Error('secret-token'))),
    'reports a failure without an error': (done) => done(failed()),
    'never calls back': () => {},
    'calls back with nothing': (done) => setImmediate(done as () => void),
    rejects: () => Promise.reject(new Error('secret-token')),
  };
  it.each(Object.entries(cases))(
    '%s: its spans are counted and the next batch goes out',
    async (_name, onExport) => {
      const { exporter, sink, log } = await open({ exportTimeoutMillis: 50 });
      exporter.onExport = (done) => (exporter.batches.length === 1 ? onExport(done) : done(OK));
      accept(sink, 'a', 'b');
      await sink.forceFlush();
      await vi.waitFor(() => expect(sink.status().dropped).toEqual({ exporter_error: 2 }));
      accept(sink, 'c');
      await vi.waitFor(async () => {
        await sink.forceFlush();
        expect(sink.status()).toMatchObject({ ended: 3, delivered: 1, queuedSpans: 0 });
      });
      expect(log.lines).toHaveLength(2);
      expect(log.lines.join()).not.toContain('secret-token');
    },
  );

  it('calls back twice: the second time counts for nothing', async () => {
    const { exporter, sink } = await open();
    exporter.onExport = (done) => {
      done(OK);
      done(failed());
      done(OK);
    };
    accept(sink, 'a');
    await sink.forceFlush();
    expect(sink.status()).toMatchObject({ ended: 1, delivered: 1, dropped: {}, queuedSpans: 0 });
  });

  it('calls back after its time: the spans stay counted as dropped', async () => {
    const { exporter, sink } = await open({ exportTimeoutMillis: 20 });
    let late: Done | undefined;
    exporter.onExport = (done) => (late = done);
    accept(sink, 'a');
    await vi.waitFor(async () => {
      await sink.forceFlush();
      expect(sink.status().dropped).toEqual({ exporter_error: 1 });
    });
    late?.(OK);
    expect(sink.status()).toMatchObject({ ended: 1, delivered: 0, queuedSpans: 0 });
  });

  it('retries what the official exporters report as transient', async () => {
    const { exporter, sink } = await open();
    exporter.onExport = (done) => (exporter.batches.length === 1 ? done(failed(UNAVAILABLE)) : done(OK));
    accept(sink, 'a');
    await sink.forceFlush();
    expect(sink.status()).toMatchObject({ delivered: 1, retries: 1 });
  });
});

describe('a full queue', () => {
  async function full(
    batch: BatchConfig,
  ): Promise<{ exporter: FakeExporter; sink: SpanSink; log: LogLines }> {
    const opened = await open({ scheduledDelayMillis: 60_000, maxExportBatchSize: 512, ...batch });
    return opened;
  }

  async function arrived({ exporter, sink }: { exporter: FakeExporter; sink: SpanSink }): Promise<string[]> {
    await sink.forceFlush();
    return exporter.batches.flat().sort();
  }

  it('drops the newest span, and says so once with the count', async () => {
    const opened = await full({ maxQueueSize: 3 });
    accept(opened.sink, 'a', 'b', 'c', 'd', 'e');
    expect(opened.sink.status()).toMatchObject({ ended: 5, queuedSpans: 3, dropped: { queue_full: 2 } });
    expect(await arrived(opened)).toEqual(['a', 'b', 'c']);
    expect(opened.log.lines).toEqual([
      expect.stringContaining('the queue holds `batch.maxQueueSize` spans'),
      expect.stringMatching(/no more spans are dropped; 2 spans were dropped \(queue_full 2\)\.$/),
    ]);
  });

  it('drops the oldest span if asked to', async () => {
    const opened = await full({ maxQueueSize: 3, dropPolicy: 'oldest' });
    accept(opened.sink, 'a', 'b', 'c', 'd', 'e');
    expect(opened.sink.status()).toMatchObject({ ended: 5, queuedSpans: 3, dropped: { queue_full: 2 } });
    expect(await arrived(opened)).toEqual(['c', 'd', 'e']);
  });

  it.each(['newest', 'oldest'] as const)('drops errors and server spans last (%s)', async (dropPolicy) => {
    const opened = await full({ maxQueueSize: 4, dropPolicy });
    accept(opened.sink, 'a', 'b', 'c');
    opened.sink.acceptSpan(makeSpan({ name: 'server 1', kind: SpanKind.SERVER }));
    opened.sink.acceptSpan(makeSpan({ name: 'error 1', error: true }));
    opened.sink.acceptSpan(makeSpan({ name: 'server 2', kind: SpanKind.SERVER }));
    opened.sink.acceptSpan(makeSpan({ name: 'error 2', error: true }));
    accept(opened.sink, 'd');
    opened.sink.acceptSpan(makeSpan({ name: 'error 3', error: true }));
    const kept =
      dropPolicy === 'newest' ? ['error 1', 'error 2', 'server 1'] : ['error 1', 'error 2', 'error 3'];
    expect(opened.sink.status()).toMatchObject({ ended: 9, queuedSpans: 4, dropped: { queue_full: 5 } });
    expect(await arrived(opened)).toEqual([...kept, 'server 2']);
  });

  it('counts bytes as well as spans', async () => {
    const opened = await full({ maxQueueBytes: 100_000 });
    for (let index = 0; index < 100; index++) {
      opened.sink.acceptSpan(makeSpan({ name: `s${index}`, attributes: { body: 'x'.repeat(1_000) } }));
    }
    const { queuedBytes, queuedSpans, dropped, ended } = opened.sink.status();
    expect(queuedBytes).toBeLessThanOrEqual(100_000);
    expect(queuedSpans).toBeGreaterThan(30);
    expect(dropped).toEqual({ queue_bytes: ended - queuedSpans });
    expect((await arrived(opened)).length).toBe(queuedSpans);
  });

  it('drops a span that is larger than the queue', async () => {
    const opened = await full({ maxQueueBytes: 10_000 });
    accept(opened.sink, 'small');
    opened.sink.acceptSpan(makeSpan({ name: 'huge', attributes: { body: 'x'.repeat(20_000) } }));
    expect(opened.sink.status()).toMatchObject({ ended: 2, queuedSpans: 1, dropped: { too_large: 1 } });
    expect(await arrived(opened)).toEqual(['small']);
  });

  it.each(['newest', 'oldest'] as const)('lets no tenant push out another (%s)', async (dropPolicy) => {
    const opened = await full({ maxQueueSize: 100, dropPolicy });
    const flood = resourceFromAttributes({ tenant: 'flood' });
    for (let index = 0; index < 1_000; index++)
      opened.sink.acceptSpan(makeSpan({ name: 'flood', resource: flood }));
    const calm = Array.from({ length: 40 }, (_, index) => {
      const resource = resourceFromAttributes({ tenant: String(index) });
      return Array.from({ length: 2 }, (_span, number) =>
        makeSpan({ name: `calm ${index}.${number}`, resource }),
      );
    }).flat();
    for (const span of calm) {
      opened.sink.acceptSpan(span);
      opened.sink.acceptSpan(makeSpan({ name: 'flood', resource: flood }));
    }
    expect(unaccounted(opened.sink.status())).toBe(0);
    const names = await arrived(opened);
    expect(names.filter((name) => name !== 'flood')).toEqual(calm.map((span) => span.name).sort());
    expect(names).toHaveLength(100);
  });

  it('gives each tenant its turn in every batch', async () => {
    const opened = await full({ maxExportBatchSize: 16, maxQueueSize: 1_000 });
    const flood = resourceFromAttributes({ tenant: 'flood' });
    for (let index = 0; index < 200; index++)
      opened.sink.acceptSpan(makeSpan({ name: 'flood', resource: flood }));
    opened.sink.acceptSpan(makeSpan({ name: 'calm', resource: resourceFromAttributes({ tenant: 'calm' }) }));
    await opened.sink.forceFlush();
    expect(opened.exporter.batches[0]).toContain('calm');
  });
});

describe('shutdown', () => {
  it('delivers what waits, closes the exporter once, and counts what comes later', async () => {
    const { exporter, sink } = await open();
    accept(sink, 'a', 'b');
    await Promise.all([sink.shutdown(1_000), sink.shutdown(1_000)]);
    accept(sink, 'late');
    expect(exporter.batches).toEqual([['a', 'b']]);
    expect(exporter.shutdowns).toBe(1);
    expect(sink.status()).toMatchObject({ ended: 3, delivered: 2, dropped: { shutdown: 1 }, queuedSpans: 0 });
  });

  it('counts what is left at the deadline and closes the exporter all the same', async () => {
    const { exporter, sink, log } = await open({ maxExportBatchSize: 1 });
    exporter.onExport = () => {};
    accept(sink, 'a', 'b', 'c');
    const begun = performance.now();
    await sink.shutdown(100);
    expect(performance.now() - begun).toBeLessThan(400);
    expect(exporter.shutdowns).toBe(1);
    expect(sink.status()).toMatchObject({
      ended: 3,
      delivered: 0,
      dropped: { shutdown: 3 },
      queuedSpans: 0,
      queuedBytes: 0,
      inFlightSpans: 0,
    });
    expect(log.lines).toEqual([expect.stringMatching(/closed; 3 spans were dropped \(shutdown 3\)\.$/)]);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no'))],
    ['hangs', () => new Promise<void>(() => {})],
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['returns nothing', () => undefined as unknown as Promise<void>],
  ])('ends although the exporter’s shutdown %s', async (_name, shutdown) => {
    const { exporter, sink } = await open();
    exporter.shutdown = shutdown;
    accept(sink, 'a');
    await sink.shutdown(50);
    expect(sink.status().delivered).toBe(1);
  });
});

describe('the accounting', () => {
  it('adds up at every moment of a stormy life', async () => {
    const { exporter, sink } = await open({
      maxExportBatchSize: 7,
      maxQueueSize: 50,
      scheduledDelayMillis: 1,
    });
    let turn = 0;
    exporter.onExport = (done) => {
      turn++;
      expect(unaccounted(sink.status())).toBe(0);
      if (turn % 5 === 0) throw new Error('no');
      setImmediate(() => done(turn % 3 === 0 ? failed(UNAVAILABLE) : OK));
    };
    for (let index = 0; index < 500; index++) {
      accept(sink, `s${index}`);
      expect(unaccounted(sink.status())).toBe(0);
      if (index % 20 === 0) await new Promise(setImmediate);
    }
    await sink.shutdown(300);
    const status = sink.status();
    expect(unaccounted(status)).toBe(0);
    expect(status).toMatchObject({ ended: 500, queuedSpans: 0, queuedBytes: 0 });
  });
});
