import { SpanKind, trace, type Telemetry } from 'bullmq';
import { describe, expect, it } from 'vitest';
import { bullmqTelemetry, type BullmqTelemetryOptions } from '../../src/entry-points/bullmq.js';
import { BaggageService, TracerManager } from '../../src/index.js';
import { namedSpans, type NamedSpan } from '../support/named-spans.js';
import { startApp, type TestApp } from '../support/test-app.js';

const QUEUE = 'labels';

interface Bench {
  readonly app: TestApp;
  readonly manager: TracerManager;
  readonly telemetry: Telemetry;
}

async function start(options?: BullmqTelemetryOptions): Promise<Bench> {
  const app = await startApp({});
  const manager = app.app.get(TracerManager, { strict: false });
  return { app, manager, telemetry: bullmqTelemetry(manager, options) };
}

/** Adds a job, and returns what it carries. */
function add({ manager, telemetry }: Bench): Promise<string> {
  return manager.withSpan('order', () =>
    trace<string>(
      telemetry,
      SpanKind.PRODUCER,
      QUEUE,
      'add',
      QUEUE,
      async (_span, metadata) => metadata ?? '',
    ),
  );
}

function attempt({ telemetry }: Bench, metadata: string, work: () => unknown): Promise<unknown> {
  return trace(telemetry, SpanKind.CONSUMER, QUEUE, 'process', QUEUE, async () => work(), metadata);
}

const jobSpan = (name: string, kind: NamedSpan['kind'], more: Partial<NamedSpan> = {}): NamedSpan => ({
  name: `${name} ${QUEUE}`,
  kind,
  status: { code: 'UNSET' },
  ...more,
  attributes: {
    'messaging.system': 'bullmq',
    'bullmq.queue.name': QUEUE,
    'bullmq.queue.operation': name,
    ...more.attributes,
  },
});

const plain = (name: string, parent?: string): NamedSpan => ({
  name,
  kind: 'INTERNAL',
  status: { code: 'UNSET' },
  attributes: {},
  ...(parent === undefined ? {} : { parent }),
});

describe("BullMQ's own telemetry", () => {
  it('makes a linked trace for each attempt, and shows why one failed', async () => {
    const bench = await start();
    const metadata = await add(bench);
    const work = (): void => bench.manager.withSpan('print', () => undefined);
    const failing = attempt(bench, metadata, () => {
      throw new TypeError('no paper');
    });
    await expect(failing).rejects.toThrow('no paper');
    await attempt(bench, metadata, work);
    expect(namedSpans(bench.app.recorder.spans())).toEqual([
      plain('order'),
      jobSpan('add', 'PRODUCER', { parent: 'INTERNAL order' }),
      jobSpan('process', 'CONSUMER', {
        links: ['PRODUCER add labels'],
        status: { code: 'ERROR', message: 'no paper' },
        exceptions: ['TypeError'],
        attributes: { 'error.type': 'TypeError' },
      }),
      jobSpan('process', 'CONSUMER', { links: ['PRODUCER add labels'] }),
      plain('print', 'CONSUMER process labels'),
    ]);
    expect(new Set(bench.app.recorder.spans().map((span) => span.spanContext().traceId)).size).toBe(3);
  });

  it('makes children of the sender by option', async () => {
    const bench = await start({ relation: 'parent' });
    await attempt(bench, await add(bench), () => undefined);
    expect(namedSpans(bench.app.recorder.spans()).at(-1)).toEqual(
      jobSpan('process', 'CONSUMER', { parent: 'PRODUCER add labels' }),
    );
  });

  it('brings the baggage of the sender', async () => {
    const bench = await start();
    const baggage = bench.app.app.get(BaggageService, { strict: false });
    const metadata = await baggage.with({ 'user.id': 'ada' }, () => add(bench));
    expect(await attempt(bench, metadata, () => baggage.get('user.id'))).toBe('ada');
  });

  it('takes whatever a job carries', async () => {
    const bench = await start();
    for (const metadata of ['', '{', '[]', 'null', '{"traceparent":7}', `"${'x'.repeat(20_000)}"`])
      expect(await attempt(bench, metadata, () => 'done')).toBe('done');
    expect(bench.app.recorder.spans().map(({ links }) => links)).toEqual([[], [], [], [], [], []]);
  });

  it('makes no span of what a worker does between jobs, also when it was started in a request', async () => {
    const bench = await start();
    const { telemetry, manager } = bench;
    const between = (): Promise<void> =>
      trace(telemetry, SpanKind.INTERNAL, QUEUE, 'moveStalledJobsToWait', QUEUE, async () => undefined);
    await between();
    await manager.withSpan('start', () =>
      telemetry.contextManager.with(telemetry.contextManager.root?.(), between),
    );
    expect(namedSpans(bench.app.recorder.spans())).toEqual([plain('start')]);
  });
});
