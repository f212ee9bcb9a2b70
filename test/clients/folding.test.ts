import { MongoClient, type Db } from 'mongodb';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { renderTrace } from '../../src/pipeline/console/render-trace.js';
import { MongoServer } from '../support/mongo-server.js';
import { shapeOf } from '../support/span-shape.js';
import type { TestApp } from '../support/test-app.js';
import { callsOf, startCallingApp } from './calling-app.js';

let db: Db;

beforeEach(async () => {
  const server = await MongoServer.start();
  const client = new MongoClient(server.url, { maxPoolSize: 20 });
  onTestFinished(() => client.close());
  await client.connect();
  db = client.db();
});

async function times(count: number, call: (index: number) => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index += 1) await call(index);
}

async function namesOf(
  work: () => unknown,
  telemetry?: TelemetryModuleOptions,
): Promise<[TestApp, string[]]> {
  const app = await startCallingApp(work, telemetry);
  const calls = await callsOf(app);
  return [app, calls.map(({ name }) => name)];
}

function spansOf(app: TestApp): unknown {
  return app.app.get(TracerManager).status().spans;
}

const item = (): Promise<unknown> => db.collection('order_items').findOne();

describe('repeated calls below one span', () => {
  it('go out whole ten times; later ones are counted in one span, which the console shows', async () => {
    const [app, names] = await namesOf(() => times(47, item));
    expect(names).toEqual([...Array.from({ length: 10 }, () => 'find order_items'), 'find order_items ×37']);
    const whole = shapeOf(app.recorder.span('find order_items'));
    const folded = app.recorder.span('find order_items ×37');
    const {
      'nestjs.folded.duration.sum': sum,
      'nestjs.folded.duration.min': min,
      'nestjs.folded.duration.max': max,
      ...attributes
    } = shapeOf(folded).attributes as Record<string, number>;
    const { 'db.response.returned_rows': _rows, ...same } = whole.attributes;
    expect({ ...shapeOf(folded), attributes }).toEqual({
      ...whole,
      name: 'find order_items ×37',
      attributes: { ...same, 'nestjs.folded.count': 37 },
    });
    expect(min).toBeGreaterThan(0);
    expect(max).toBeGreaterThanOrEqual(min!);
    expect(sum).toBeGreaterThanOrEqual(36 * min! + max!);
    const seconds = folded.duration[0] + folded.duration[1] / 1e9;
    expect(seconds).toBeGreaterThanOrEqual(sum! * 0.99);

    const text = renderTrace(app.recorder.spans(), { paint: (_style, plain) => plain, columns: 120 });
    expect(text).toMatch(/├─ find order_items \[client\] ×10 .*\n└─ find order_items ×37 \[client\]/);
  });

  it('keep the account: what is counted is no span', async () => {
    const [app] = await namesOf(() => times(47, item));
    await app.app.get(TracerManager).forceFlush();
    expect(spansOf(app)).toEqual({
      live: 0,
      ended: 12,
      delivered: 12,
      queued: 0,
      dropped: {},
      folded: 37,
    });
  });

  it('are sent before a long span ends, and those that follow once more', async () => {
    let goOn = (): void => {};
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    const app = await startCallingApp(
      async () => {
        await times(3, item);
        await waiting;
        await times(2, item);
      },
      { clients: { folding: { after: 1, flushMillis: 20 } } },
    );
    const answer = app.get('/call');
    await app.recorder.waitFor('find order_items ×2');
    app.recorder.clear();
    goOn();
    await answer;
    await app.recorder.waitFor('GET /call');
    expect(app.recorder.spans().map(({ name }) => name)).toEqual(['find order_items ×2', 'GET /call']);
  });

  it('are sent when the app closes before the span has ended', async () => {
    const app = await startCallingApp(() => 'unused', { clients: { folding: { after: 1 } } });
    const manager = app.app.get(TracerManager);
    const open = manager.startSpan('job');
    await manager.withSpan('step', { parent: open }, async () => {
      await times(3, item);
      await app.close();
    });
    expect(app.recorder.spans().map(({ name }) => name)).toContain('find order_items ×2');
    open.end();
  });

  it('are sent by forceFlush, also when their parent ended before them', async () => {
    let late: Promise<unknown> = Promise.resolve();
    const app = await startCallingApp(() => {
      late = Promise.all(Array.from({ length: 30 }, item));
    });
    expect((await app.get('/call')).status).toBe(200);
    await late;
    await app.recorder.waitFor('GET /call');
    await app.app.get(TracerManager).forceFlush();
    const names = app.recorder.spans().map(({ name }) => name);
    expect(names.filter((name) => name === 'find order_items')).toHaveLength(10);
    expect(names.filter((name) => name.includes('×'))).toEqual(['find order_items ×20']);
  });

  it('count nothing below a request that is not sampled', async () => {
    const app = await startCallingApp(() => times(30, item), { sampler: 0 });
    expect((await app.get('/call')).status).toBe(200);
    expect(app.recorder.spans()).toEqual([]);
    expect(spansOf(app)).toEqual({ live: 0, ended: 0, delivered: 0, queued: 0, dropped: {} });
  });

  it('are never folded when they fail', async () => {
    const [, names] = await namesOf(
      () => times(5, () => db.command({ unheard: 'of' }).catch(() => undefined)),
      { clients: { folding: { after: 2 } } },
    );
    expect(names).toEqual(Array.from({ length: 5 }, () => 'unheard of'));
  });

  it('of more than 100 names are counted for the first hundred, and go out whole for others', async () => {
    const [, names] = await namesOf(
      () => times(102, async (index) => times(3, () => db.collection(`c${index}`).findOne())),
      { clients: { folding: { after: 1 } } },
    );
    expect(names.filter((name) => name.endsWith(' ×2'))).toHaveLength(100);
    expect(names.filter((name) => name.endsWith('c100') || name.endsWith('c101'))).toHaveLength(6);
  });

  it('all go out whole where folding is off, live', async () => {
    const app = await startCallingApp(() => times(30, item), { clients: { folding: false } });
    expect(await callsOf(app)).toHaveLength(30);
    await app.app.get(TracerManager).reconfigure({ clients: { folding: { after: 5 } } });
    app.recorder.clear();
    expect(await callsOf(app)).toHaveLength(6);
  });
});
