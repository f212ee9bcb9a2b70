import { Controller, Inject, Injectable, ParseIntPipe, UsePipes } from '@nestjs/common';
import {
  ClientProxyFactory,
  Ctx,
  MessagePattern,
  Payload,
  Transport,
  type ClientProxy,
  type TcpContext,
} from '@nestjs/microservices';
import { SpanKind } from '@opentelemetry/api';
import { interval, lastValueFrom, NEVER, Observable, take, toArray } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { TracerManager } from '../../src/index.js';
import { freePort } from '../support/free-port.js';
import { namedSpans } from '../support/named-spans.js';
import { startApp, type TestApp, type TestAppOptions } from '../support/test-app.js';

/** What the handlers saw, the same with and without telemetry. */
@Injectable()
class Seen {
  readonly lines: string[] = [];
}

@Controller()
class StockController {
  constructor(@Inject(Seen) private readonly seen: Seen) {}

  @MessagePattern('endless')
  endless(@Ctx() context: TcpContext): Observable<number> {
    const socket = context.getSocketRef() as unknown as { netSocket: { destroy(): void } };
    return new Observable<number>((subscriber) => {
      this.seen.lines.push('subscribed');
      this.cut = () => socket.netSocket.destroy();
      const ticks = interval(5).subscribe(subscriber);
      return () => {
        this.seen.lines.push('torn down');
        ticks.unsubscribe();
      };
    });
  }

  cut: () => void = () => undefined;

  @MessagePattern('never')
  never(): Observable<never> {
    this.seen.lines.push('asked');
    return NEVER;
  }

  @MessagePattern('number')
  @UsePipes(ParseIntPipe)
  number(@Payload() count: number): number {
    return count;
  }

  @MessagePattern('count')
  count(): Observable<number> {
    return interval(2).pipe(take(4));
  }
}

interface Bench {
  readonly app: TestApp;
  readonly client: ClientProxy;
  readonly seen: Seen;
}

async function start(telemetry: NonNullable<TestAppOptions['telemetry']> = {}): Promise<Bench> {
  const tcp = { transport: Transport.TCP as const, options: { port: await freePort(), host: '127.0.0.1' } };
  const app = await startApp({
    telemetry,
    controllers: [StockController],
    providers: [Seen, { provide: 'STOCK', useFactory: () => ClientProxyFactory.create(tcp) }],
    setup: async (nest) => {
      nest.connectMicroservice(tcp);
      await nest.startAllMicroservices();
    },
  });
  const client = app.app.get<ClientProxy>('STOCK');
  onTestFinished(() => void client.close());
  return { app, client, seen: app.app.get(Seen) };
}

const BOTH = [{}, false] as const;

/** Asks for an answer that does not end, and waits for its first values. */
async function underWay(client: ClientProxy): Promise<{ readonly over: Promise<string> }> {
  const values: number[] = [];
  const over = new Promise<string>((resolve) => {
    client.send<number>('endless', {}).subscribe({
      next: (value) => values.push(value),
      error: (error: unknown) => resolve(String(error)),
      complete: () => resolve('completed'),
    });
  });
  await vi.waitFor(() => expect(values.length).toBeGreaterThan(2));
  return { over };
}

it('a client that gives up ends its own span, cancelled, and changes nothing for the server', async () => {
  const seen: unknown[] = [];
  for (const telemetry of BOTH) {
    const bench = await start(telemetry);
    const waiting = bench.client.send('never', {}).subscribe();
    await vi.waitFor(() => expect(bench.seen.lines).toEqual(['asked']));
    waiting.unsubscribe();
    if (telemetry !== false) {
      const span = await bench.app.recorder.waitFor('never');
      expect([span.kind, span.attributes['error.type']]).toEqual([2, 'cancelled']);
    }
    await bench.app.close();
    seen.push(bench.seen.lines);
  }
  expect(seen[1]).toEqual(seen[0]);
});

it('a server that dies is an error at the client, and both spans end once', async () => {
  const errors: unknown[] = [];
  for (const telemetry of BOTH) {
    const { app, client, seen } = await start(telemetry);
    const { over } = await underWay(client);
    app.app.get(StockController).cut();
    errors.push(await over);
    expect(seen.lines[0]).toBe('subscribed');
    if (telemetry !== false) await app.recorder.waitFor('endless');
    await app.close();
    const ended = app.recorder.spans().filter(({ name }) => name === 'endless');
    expect(new Set(ended.map((span) => span.spanContext().spanId)).size).toBe(ended.length);
    if (telemetry !== false) expect(ended.map(({ kind }) => kind).sort()).toContain(2);
  }
  expect(errors[1]).toEqual(errors[0]);
});

it('an error of a pipe is seen on both sides, and the client gets what it gets without telemetry', async () => {
  const answers: unknown[] = [];
  for (const telemetry of BOTH) {
    const { app, client } = await start(telemetry);
    answers.push(await lastValueFrom(client.send('number', 'x')).catch((error: unknown) => error));
    answers.push(await lastValueFrom(client.send('number', '7')));
    await app.close();
    if (telemetry === false) continue;
    const failed = namedSpans(app.recorder.spans()).slice(0, 2);
    expect(
      failed.map(({ kind, status, attributes }) => [kind, status.code, attributes['error.type']]),
    ).toEqual([
      ['CLIENT', 'ERROR', 'Error'],
      // As for HTTP, a caller's mistake is not the server's failure.
      ['SERVER', 'UNSET', 'BadRequestException'],
    ]);
  }
  expect(answers.slice(2)).toEqual(answers.slice(0, 2));
});

it('values of an Observable come in the order and number in which they come without telemetry', async () => {
  const answers: unknown[] = [];
  for (const telemetry of BOTH) {
    const { app, client } = await start(telemetry);
    const all = await Promise.all(
      Array.from({ length: 20 }, () => lastValueFrom(client.send<number>('count', {}).pipe(toArray()))),
    );
    await app.close();
    answers.push(all);
    const spans = app.recorder.spans();
    expect(spans).toHaveLength(telemetry === false ? 0 : 40);
  }
  expect(answers).toEqual([answers[0], answers[0]]);
  expect(answers[0]).toEqual(Array.from({ length: 20 }, () => [0, 1, 2, 3]));
});

it('a shutdown amid an answer takes as it takes without telemetry, and leaves no span open', async () => {
  const outcomes: unknown[] = [];
  for (const telemetry of BOTH) {
    const { app, client, seen } = await start(telemetry);
    const { over } = await underWay(client);
    client.close();
    await app.close();
    outcomes.push([await over, seen.lines[0]]);
    const ended = app.recorder.spans().filter(({ name }) => name === 'endless');
    expect(ended).toHaveLength(telemetry === false ? 0 : 2);
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
});

it('a handler that has not ended when the app has closed has a span that says so', async () => {
  const { app, client } = await start();
  const manager = app.app.get(TracerManager, { strict: false });
  const waiting = client.send('never', {}).subscribe({ error: () => undefined });
  await vi.waitFor(() => expect(app.app.get(Seen).lines).toEqual(['asked']));
  await app.close();
  waiting.unsubscribe();
  const [span] = app.recorder.spans().filter(({ kind }) => kind === SpanKind.SERVER);
  expect(span).toMatchObject({ name: 'never', attributes: { 'nestjs.entry.aborted': true } });
  expect(manager.status().spans).toMatchObject({ live: 0 });
});
