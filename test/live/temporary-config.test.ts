import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { defer, lastValueFrom, mergeMap, of, timer, type Observable } from 'rxjs';
import { expect, it } from 'vitest';
import type { TracerConfig, TracerManager } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { newManager } from './new-manager.js';

const names = (recorder: SpanRecorder): string[] => recorder.spans().map(({ name }) => name);

it('keeps each of 100 concurrent flows, nested two deep, in its own exporter, and the rest of the app in its', async () => {
  const everybody = new SpanRecorder();
  const manager = await newManager({ exporter: everybody });
  const flows = Array.from({ length: 100 }, (_, index) => ({
    id: `flow-${index}`,
    outer: new SpanRecorder(),
    inner: new SpanRecorder(),
  }));

  const background = (async () => {
    for (let turn = 0; turn < 50; turn += 1) {
      manager.startSpan('background').end();
      await nextTurn();
    }
  })();
  await Promise.all(
    flows.map(({ id, outer, inner }) =>
      manager.withTemporaryConfig({ exporter: outer, resourceAttributes: { flow: id } }, async () => {
        await manager.withSpan(`${id} outer`, async () => {
          await delay(1);
          await manager
            .withTemporaryConfig({ exporter: inner }, () =>
              manager.withSpan(`${id} inner`, async () => {
                await nextTurn();
                throw new Error('inner work fails');
              }),
            )
            .catch(() => undefined);
          await lastValueFrom(stream(manager, id));
          setTimeout(() => {
            manager.startSpan(`${id} timer`).end();
          }, 1);
        });
      }),
    ),
  );
  await background;
  await Promise.all(flows.map(({ id, outer }) => outer.waitFor(`${id} timer`)));

  for (const { id, outer, inner } of flows) {
    expect(names(inner)).toEqual([`${id} inner`]);
    expect(names(outer).sort()).toEqual([`${id} outer`, `${id} stream`, `${id} timer`]);
    expect(new Set(outer.spans().map((span) => span.resource.attributes.flow))).toEqual(new Set([id]));
    expect(inner.span(`${id} inner`).resource.attributes.flow).toBe(id);
    expect(inner.span(`${id} inner`).parentSpanContext?.spanId).toBe(
      outer.span(`${id} outer`).spanContext().spanId,
    );
  }
  expect(new Set(names(everybody))).toEqual(new Set(['background']));
  expect(names(everybody)).toHaveLength(50);
});

function stream(manager: TracerManager, id: string): Observable<number> {
  return timer(1).pipe(mergeMap((value) => defer(() => of(manager.withSpan(`${id} stream`, () => value)))));
}

it('returns what a synchronous function returns, and what it throws', async () => {
  const temporary = new SpanRecorder();
  const manager = await newManager({ exporter: new SpanRecorder() });
  const result = manager.withTemporaryConfig({ exporter: temporary }, () => {
    manager.startSpan('sync').end();
    return 7;
  });
  expect(result).toBe(7);
  expect(() =>
    manager.withTemporaryConfig({ exporter: temporary }, () => {
      throw new RangeError('user');
    }),
  ).toThrow(RangeError);
  expect(names(temporary)).toEqual(['sync']);
});

it('holds for an Observable and an async generator that are consumed after the call', async () => {
  const [temporary, everybody] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager({ exporter: everybody });
  const observable = manager.withTemporaryConfig({ exporter: temporary }, () => stream(manager, 'late'));
  const generator = manager.withTemporaryConfig({ exporter: temporary }, async function* () {
    manager.startSpan('first').end();
    yield 1;
    await nextTurn();
    manager.startSpan('second').end();
    yield 2;
  });
  await lastValueFrom(observable);
  const values: number[] = [];
  for await (const value of generator) values.push(value);
  manager.startSpan('outside').end();
  expect(values).toEqual([1, 2]);
  expect(names(temporary)).toEqual(['late stream', 'first', 'second']);
  expect(names(everybody)).toEqual(['outside']);
});

it('holds for a web stream that is read after the call, and not for its reader', async () => {
  const [temporary, everybody] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager({ exporter: everybody });
  let chunks = 0;
  const stream = manager.withTemporaryConfig(
    { exporter: temporary },
    () =>
      new ReadableStream<number>(
        {
          async pull(controller) {
            await nextTurn();
            manager.startSpan('pull').end();
            if (chunks < 2) controller.enqueue((chunks += 1));
            else controller.close();
          },
        },
        { highWaterMark: 0 },
      ),
  );
  await nextTurn();
  const reader = stream.getReader();
  for (let result = await reader.read(); !result.done; result = await reader.read()) {
    manager.startSpan(`read ${result.value}`).end();
  }
  expect(names(temporary)).toEqual(['pull', 'pull', 'pull']);
  expect(names(everybody)).toEqual(['read 1', 'read 2']);
});

it('changes a part only: the rest is what the flow has, and a later reconfiguration does not reach into it', async () => {
  const [temporary, everybody] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager({ exporter: everybody, sampler: 0, resourceAttributes: { a: 1 } });
  await manager.withTemporaryConfig({ exporter: temporary, sampler: 1 }, async () => {
    manager.startSpan('kept').end();
    await manager.reconfigure({ resourceAttributes: { a: 2 } });
    manager.startSpan('kept too').end();
  });
  manager.startSpan('dropped').end();
  expect(names(temporary)).toEqual(['kept', 'kept too']);
  expect(temporary.spans().map((span) => span.resource.attributes.a)).toEqual([1, 1]);
  expect(names(everybody)).toEqual([]);
});

it.each<[string, TracerConfig]>([
  ['sampler', { sampler: -1 }],
  ['exporter.tls', { exporter: { type: 'otlp-http', tls: { ca: '-----BEGIN CERTIFICATE-----' } } }],
])('throws what is wrong with the %s before the function runs', async (path, change) => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  let ran = false;
  expect(() =>
    manager.withTemporaryConfig(change, () => {
      ran = true;
    }),
  ).toThrow(expect.objectContaining({ name: 'TelemetryConfigError', path }));
  expect(ran).toBe(false);
});

it('opens an exporter by its configuration, and leaves one given as an instance open', async () => {
  const mine = new InMemorySpanExporter();
  const manager = await newManager({ exporter: new SpanRecorder() });
  manager.withTemporaryConfig({ exporter: mine }, () => {
    manager.startSpan('one').end();
  });
  manager.withTemporaryConfig({ exporter: { type: 'memory' } }, () => {
    manager.startSpan('two').end();
  });
  await manager.forceFlush();
  expect(mine.getFinishedSpans().map(({ name }) => name)).toEqual(['one']);
  expect(manager.finishedSpans().map(({ name }) => name)).toEqual(['two']);
  await manager.shutdown();
  expect(mine.getFinishedSpans().map(({ name }) => name)).toEqual(['one']);
});

it('counts what an instance fails with later, under the name of its class', async () => {
  class LaterExporter extends InMemorySpanExporter {
    override export = (): unknown => Promise.reject(new Error('no'));
  }
  const manager = await newManager({ exporter: new SpanRecorder() });
  await manager.withTemporaryConfig({ exporter: new LaterExporter() }, async () => {
    manager.startSpan('span').end();
    await manager.forceFlush();
  });
  expect(manager.status().exporters).toContainEqual(
    expect.objectContaining({ exporter: 'LaterExporter', dropped: { exporter_error: 1 } }),
  );
});

it('shares one pipeline between flows that ask for the same, and bounds how many there are', async () => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  for (let index = 0; index < 50; index += 1) {
    manager.withTemporaryConfig({ resourceAttributes: { same: true } }, () => {
      manager.startSpan('same').end();
    });
  }
  expect(manager.status().temporaryConfigs).toBe(1);
  for (let index = 0; index < 1000; index += 1) {
    manager.withTemporaryConfig({ resourceAttributes: { index } }, () => {
      manager.startSpan('other').end();
    });
  }
  expect(manager.status().temporaryConfigs).toBe(256);
  await manager.shutdown();
  expect(manager.status()).toMatchObject({ temporaryConfigs: 0, drainingGenerations: 0, exporters: [] });
});

it('tells one text from several options that look like it', async () => {
  const everybody = new SpanRecorder();
  const manager = await newManager({ exporter: everybody });
  const texts = [{ x: '1,"y"=string:2' }, { x: '1', y: '2' }, { x: '1,"y"="2' }, { x: '1","y"="2' }];
  for (const resourceAttributes of texts) {
    manager.withTemporaryConfig({ resourceAttributes }, () => {
      manager.startSpan('one').end();
    });
  }
  await manager.forceFlush();
  expect(everybody.spans().map(({ resource: { attributes } }) => [attributes.x, attributes.y])).toEqual(
    texts.map(({ x, y }) => [x, y]),
  );
});

it('reverts an override by itself', async () => {
  const [everybody, debug] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager({ exporter: everybody });
  const { until } = await manager.override({ exporter: debug }, { forMillis: 30 });
  manager.startSpan('debugged').end();
  expect(manager.status().overrides).toEqual([{ changes: ['exporter'], until }]);

  await waitUntil(() => manager.status().overrides.length === 0 && manager.status().generation === 3);
  manager.startSpan('normal').end();
  expect(names(debug)).toEqual(['debugged']);
  expect(names(everybody)).toEqual(['normal']);
});

it('ends an override when somebody reverts it, reconfigures or shuts down', async () => {
  const [everybody, debug] = [new SpanRecorder(), new SpanRecorder()];
  const manager = await newManager({ exporter: everybody });
  const handle = await manager.override({ exporter: debug }, { forMillis: 60_000 });
  await handle.revert();
  expect(manager.config().exporter).toBe(everybody);

  await manager.override({ exporter: debug }, { forMillis: 60_000 });
  await manager.reconfigure({ sampler: 0.5 });
  expect(manager.config()).toMatchObject({ exporter: everybody, sampler: 0.5 });
  expect(manager.status().overrides).toEqual([]);

  await manager.override({ sampler: 1 }, { forMillis: 60_000 });
  await manager.shutdown();
  expect(manager.status().overrides).toEqual([]);
});

it.each([0, -1, Number.NaN, 2 ** 40])('refuses an override for %d ms', async (forMillis) => {
  const manager = await newManager({ exporter: new SpanRecorder() });
  await expect(manager.override({ sampler: 1 }, { forMillis })).rejects.toMatchObject({ path: 'forMillis' });
  expect(manager.status()).toMatchObject({ generation: 1, overrides: [] });
});

async function waitUntil(condition: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(5000);
  while (!condition()) {
    deadline.throwIfAborted();
    await nextTurn();
  }
}
