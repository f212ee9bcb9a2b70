import type { Server } from 'node:http';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { interval, map } from 'rxjs';
import { io } from 'socket.io-client';
import { expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { startApp, type TestApp } from '../support/test-app.js';

const CLIENTS = 1000;
const AT_ONCE = 50;
const LIMIT = { timeout: 30_000 };

@WebSocketGateway()
class FeedGateway {
  @SubscribeMessage('say')
  say(): string {
    return 'said';
  }

  @SubscribeMessage('endless')
  endless(): unknown {
    return interval(1).pipe(map((data) => ({ event: 'tick', data })));
  }

  @SubscribeMessage('never')
  never(): Promise<never> {
    return new Promise(() => undefined);
  }
}

/** A client of either library, and its ways to go. */
interface Client {
  readonly opened: Promise<void>;
  send(event: string): void;
  close(): void;
  /** Cuts the connection without a farewell. */
  cut(): void;
}

function socketIo({ url }: TestApp): Client {
  const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
  return {
    opened: new Promise((resolve) => socket.on('connect', resolve)),
    send: (event) => socket.emit(event),
    close: () => socket.close(),
    cut: () => {
      (socket.io.engine.transport as unknown as { ws?: WebSocket }).ws?.terminate();
    },
  };
}

function ws({ url }: TestApp): Client {
  const socket = new WebSocket(url.replace('http', 'ws'));
  socket.on('error', () => undefined);
  return {
    opened: new Promise((resolve) => socket.on('open', resolve)),
    send: (event) => {
      socket.send(JSON.stringify({ event }));
    },
    close: () => {
      socket.close();
    },
    cut: () => {
      socket.terminate();
    },
  };
}

/** Numbers that look random and are the same in every run. */
function* numbers(): Generator<number, never> {
  for (let state = 1; ; state = (state * 48271) % 2147483647) yield state;
}

const EVENTS = ['say', 'endless', 'never'] as const;

/** Connects, sends up to three messages, and goes by one of several ways, early or late. */
async function visit(client: Client, random: number): Promise<void> {
  if (random % 10 !== 0) await client.opened;
  else if (random % 20 === 0) {
    client.cut();
    return;
  } else {
    await client.opened;
    client.close();
    return;
  }
  for (let message = 0; message < random % 4; message += 1) client.send(EVENTS[(random + message) % 3]!);
  if (Math.floor(random / 100) % 2 === 0) client.close();
  else client.cut();
}

/** What would be left behind: listeners of the server, open sockets, timers. */
function resources(app: TestApp): Record<string, number> {
  const server = app.app.getHttpServer() as Server;
  const counts: Record<string, number> = {};
  for (const name of server.eventNames()) counts[`on ${String(name)}`] = server.listenerCount(name);
  for (const name of process.getActiveResourcesInfo()) {
    if (name === 'TCPSocketWrap' || name === 'Timeout') counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

it.each([
  ['socket.io', socketIo, undefined],
  ['ws', ws, (app: TestApp['app']) => app.useWebSocketAdapter(new WsAdapter(app))],
] as const)(
  '%s: 1,000 clients that drop have each span once, and leave no listener, socket or timer behind',
  async (_library, connect, setup) => {
    const app = await startApp({
      telemetry: { entries: { websockets: { connections: true } } },
      providers: [FeedGateway],
      ...(setup === undefined ? {} : { setup }),
    });
    const random = numbers();
    const first = connect(app);
    await first.opened;
    first.close();
    const count = (name: string): number => app.recorder.spans().filter((span) => span.name === name).length;
    await vi.waitFor(() => expect(count('websocket connection')).toBe(1), LIMIT);
    const before = resources(app);
    for (let done = 0; done < CLIENTS; done += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, () => visit(connect(app), random.next().value)));
    const more = (): readonly string[] =>
      Object.entries(resources(app))
        .filter(([name, number]) => number > (before[name] ?? 0))
        .map(([name, number]) => `${number} ${name}`);
    // Not by `vi.waitFor`, which has timers of its own while it asks.
    for (let turn = 0; turn < 1000 && more().length > 0; turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(more()).toEqual([]);
    await app.close();

    const spans = app.recorder.spans();
    expect(new Set(spans.map((span) => span.spanContext().spanId)).size).toBe(spans.length);
    expect(new Set(spans.map(({ name }) => name))).toEqual(new Set(['websocket connection', ...EVENTS]));
    // Every message begins a trace of its own.
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(spans.length);
    const endless = spans.filter(({ name }) => name === 'endless');
    expect(endless.length).toBeGreaterThan(CLIENTS / 10);
    expect(new Set(endless.map(({ attributes }) => attributes['stream.outcome']))).toEqual(
      new Set(['client_disconnect']),
    );
    expect(count('websocket connection')).toBeGreaterThan(CLIENTS * 0.9);
    expect(app.recorder.spans().filter(({ endTime }) => endTime[0] === 0)).toEqual([]);
  },
  120_000,
);
