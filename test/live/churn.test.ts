import { Agent, get } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  Span,
  TelemetryConfigError,
  TelemetryModule,
  TracerManager,
  type TracerConfig,
} from '../../src/index.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { startApp } from '../support/test-app.js';

// As where the optional package is not installed.
vi.mock('@opentelemetry/exporter-zipkin', () => {
  throw new Error("Cannot find package '@opentelemetry/exporter-zipkin'");
});

/** `CHURN_SECONDS=60` runs the long form: 1,000 reconfigurations. */
const SECONDS = Number(process.env.CHURN_SECONDS ?? 5);
const CHANGES_PER_SECOND = 1000 / 60;
const CONNECTIONS = 16;

class Work {
  @Span('work', { attributes: {} })
  async run(id: string): Promise<string> {
    await nextTurn();
    return id;
  }
}

@Controller('items')
class ItemsController {
  constructor(@Inject(Work) private readonly work: Work) {}
  @Get(':id') find(@Param('id') id: string): Promise<string> {
    return this.work.run(id);
  }
}

let receivers: readonly [OtlpReceiver, OtlpReceiver];
beforeAll(async () => {
  receivers = [await OtlpReceiver.start(), await OtlpReceiver.start()];
});
afterAll(() => Promise.all(receivers.map((receiver) => receiver.stop())));

it(
  'loses no span, doubles none and leaves nothing behind over live reconfigurations under load',
  async () => {
    const { app, url } = await startApp({
      imports: [
        TelemetryModule.forRoot({
          service: { name: 'churn' },
          ...change(0, receivers),
          http: {
            requestHook: (span) => span.setAttribute('test.started', Date.now()),
          },
        }),
      ],
      controllers: [ItemsController],
      providers: [Work],
      telemetry: false,
    });
    const manager = app.get(TracerManager, { strict: false });
    const load = new Load(url);
    await load.forSeconds(1);
    await manager.forceFlush();
    const warmUp = manager.status().spans.delivered;
    await until(() => received(receivers) >= warmUp);
    for (const receiver of receivers) receiver.clear();
    collectGarbage();
    const before = footprint();

    const began: number[] = [0];
    let refused = 0;
    const answered = load.forSeconds(SECONDS);
    const changes = Math.round(SECONDS * CHANGES_PER_SECOND);
    for (let index = 1; index <= changes; index += 1) {
      began[index] = Date.now();
      const { generation } = await manager.reconfigure(change(index, receivers));
      expect(generation).toBe(index + 1);
      if (index % 4 === 0) {
        const bad = await manager.reconfigure(invalid(index)).catch((error: unknown) => error);
        expect(bad).toBeInstanceOf(TelemetryConfigError);
        refused += 1;
      }
      await delay(1000 / CHANGES_PER_SECOND - 5);
    }
    const requests = await answered;
    await manager.forceFlush();

    await until(() => received(receivers) >= requests * 2);
    const spans = receivers.flatMap((receiver) => receiver.spans);
    const status = manager.status();
    console.log(
      `${requests} requests at ${Math.round(requests / SECONDS)}/s, ${changes} reconfigurations, ${refused} refused; ` +
        `${spans.length} spans received`,
    );
    expect(load.failed).toBe(0);
    expect(spans).toHaveLength(requests * 2);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(requests * 2);
    expect(status.spans).toMatchObject({ live: 0, queued: 0, dropped: {}, delivered: warmUp + requests * 2 });
    expect(status).toMatchObject({ drainingGenerations: 0, generation: changes + 1 });
    expect(status.exporters.length).toBe(1);
    expect(tooEarly(spans, began)).toEqual([]);

    spans.length = 0;
    for (const receiver of receivers) receiver.clear();
    await until(() => footprint().sockets <= before.sockets);
    const after = footprintAfterGc();
    expect(after.timers).toBeLessThanOrEqual(before.timers + 1);
    expect(after.heap - before.heap).toBeLessThan(10e6);
    console.log(`heap ${((after.heap - before.heap) / 1e6).toFixed(1)} MB over the start`);
    load.close();
  },
  (SECONDS + 60) * 1000,
);

/** Alternates exporter, protocol, resource and sampler. */
function change(index: number, [a, b]: readonly [OtlpReceiver, OtlpReceiver]): TracerConfig {
  const receiver = index % 2 === 0 ? a : b;
  return {
    exporter:
      index % 3 === 0
        ? { type: 'otlp-http', url: receiver.httpUrl }
        : { type: 'otlp-grpc', url: receiver.grpcUrl },
    resourceAttributes: { 'test.generation': index },
    sampler: index % 5 === 0 ? { type: 'always-on' } : 1,
    batch: { scheduledDelayMillis: 100 },
  };
}

type Change = Parameters<TracerManager['reconfigure']>[0];

function invalid(index: number): Change {
  const wrong: unknown[] = [
    { exporter: { type: 'otlp-grpc', url: 'nowhere' } },
    { sampler: 1.5 },
    { exporter: { type: 'otlp-http', headers: { authorization: ' Bearer x ' } } },
    { exporter: { type: 'otlp-grpc', url: 'https://127.0.0.1:1', tls: { ca: 'not a certificate' } } },
    (current: TracerConfig) => ({ ...current, service: {} }),
    { exporter: { type: 'zipkin' } },
    () => {
      throw new TelemetryConfigError({
        path: 'factory',
        expected: 'to work',
        remedy: 'It throws on purpose.',
      });
    },
  ];
  return wrong[(index / 4) % wrong.length] as Change;
}

interface Footprint {
  readonly heap: number;
  readonly sockets: number;
  readonly timers: number;
}

function footprint(): Footprint {
  const resources = process.getActiveResourcesInfo();
  const count = (type: string): number => resources.filter((resource) => resource === type).length;
  return { heap: process.memoryUsage().heapUsed, sockets: count('TCPSocketWrap'), timers: count('Timeout') };
}

function footprintAfterGc(): Footprint {
  collectGarbage();
  return footprint();
}

/** Spans that started before the generation that they came in had begun. */
function tooEarly(spans: readonly ReceivedSpan[], began: readonly number[]): ReceivedSpan[] {
  const startedAt = new Map<string, number>();
  for (const { kind, traceId, attributes } of spans) {
    if (kind === 'SERVER') startedAt.set(traceId, Number(attributes['test.started']));
  }
  return spans.filter(({ traceId, resource }) => {
    const generationBegan = began[Number(resource['test.generation'])] ?? 0;
    return (startedAt.get(traceId) ?? 0) < generationBegan;
  });
}

function received(receivers: readonly OtlpReceiver[]): number {
  return receivers.reduce((sum, receiver) => sum + receiver.spans.length, 0);
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(10_000);
  while (!condition()) {
    deadline.throwIfAborted();
    await nextTurn();
  }
}

/** Keep-alive connections that ask one after the other. */
class Load {
  failed = 0;
  private sent = 0;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  constructor(private readonly url: string) {}

  /** @returns how many were answered */
  async forSeconds(seconds: number): Promise<number> {
    const until = performance.now() + seconds * 1000;
    const counts = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        let answered = 0;
        while (performance.now() < until) {
          await this.request();
          answered += 1;
        }
        return answered;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    this.agent.destroy();
  }

  private request(): Promise<void> {
    const id = (this.sent += 1);
    return new Promise((resolve, reject) => {
      get(`${this.url}/items/${id}`, { agent: this.agent, headers: { 'x-id': `${id}` } }, (response) => {
        if (response.statusCode !== 200) this.failed += 1;
        response.resume().on('end', resolve);
      }).on('error', reject);
    });
  }
}
