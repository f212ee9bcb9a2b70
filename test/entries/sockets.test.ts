import { readFileSync } from 'node:fs';
import { Inject, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import { interval, map, take } from 'rxjs';
import { io } from 'socket.io-client';
import { expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { BaggageService, TracerManager } from '../../src/index.js';
import { namedSpans, type NamedSpan } from '../support/named-spans.js';
import { startApp, type TestApp } from '../support/test-app.js';

@Injectable()
class DenyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@WebSocketGateway()
class ChatGateway {
  @SubscribeMessage('say')
  say(@MessageBody() text: string): string {
    return `you said ${text}`;
  }

  @SubscribeMessage('stream')
  stream(): unknown {
    return interval(1).pipe(
      take(3),
      map((data) => ({ event: 'tick', data })),
    );
  }

  @SubscribeMessage('endless')
  endless(): unknown {
    return interval(1).pipe(map((data) => ({ event: 'tick', data })));
  }

  @SubscribeMessage('denied')
  @UseGuards(DenyGuard)
  denied(): string {
    return 'never';
  }

  @SubscribeMessage('fails')
  fails(): never {
    throw new WsException('no');
  }
}

const HANDSHAKE = {
  'x-user-id': 'ada',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

/** What a test does with one client, whichever library it uses. */
interface Client {
  send(event: string): void;
  readonly received: string[];
  close(): void;
}

async function socketIo(app: TestApp): Promise<Client> {
  const socket = io(app.url, { transports: ['websocket'], extraHeaders: HANDSHAKE, reconnection: false });
  const received: string[] = [];
  socket.onAny((event: string, data: unknown) => received.push(`${event} ${JSON.stringify(data)}`));
  await new Promise<void>((resolve) => socket.on('connect', resolve));
  return {
    received,
    send: (event) => socket.emit(event, 'hi', (answer: unknown) => received.push(String(answer))),
    close: () => socket.close(),
  };
}

async function ws(app: TestApp): Promise<Client> {
  const socket = new WebSocket(app.url.replace('http', 'ws'), { headers: HANDSHAKE });
  const received: string[] = [];
  socket.on('message', (message) => received.push((message as Buffer).toString()));
  await new Promise<void>((resolve) => socket.on('open', resolve));
  return {
    received,
    send: (event) => {
      socket.send(JSON.stringify({ event, data: 'hi' }));
    },
    close: () => {
      socket.close();
    },
  };
}

const { version } = JSON.parse(readFileSync('node_modules/@nestjs/websockets/package.json', 'utf8')) as {
  version: string;
};
const NEST_MAJOR = Number.parseInt(version, 10);

const LIBRARIES = [
  ['socket.io', socketIo, undefined, { 'websocket.namespace': '/' }],
  ['ws', ws, (app: TestApp['app']) => app.useWebSocketAdapter(new WsAdapter(app)), {}],
] as const;

it.each(LIBRARIES)(
  '%s: a message has a span until its answer is complete, linked to the handshake',
  async (library, connect, setup, more) => {
    const app = await startApp({ providers: [ChatGateway], ...(setup === undefined ? {} : { setup }) });
    const client = await connect(app);
    const span = (event: string, attributes = {}): NamedSpan => ({
      name: event,
      kind: 'SERVER',
      status: { code: 'UNSET' },
      links: ['remote'],
      attributes: {
        'code.function.name': `ChatGateway.${event}`,
        'websocket.event': event,
        'websocket.library': library,
        'user.id': 'ada',
        ...more,
        ...attributes,
      },
    });
    const failed = (event: string, message: string): NamedSpan => ({
      ...span(event, { 'error.type': 'WsException' }),
      status: { code: 'ERROR', message },
      exceptions: ['WsException'],
    });
    for (const event of ['say', 'stream', 'denied', 'fails', 'endless']) {
      client.send(event);
      await vi.waitFor(() => {
        if (event !== 'endless') expect(app.recorder.spans().map(({ name }) => name)).toContain(event);
        else expect(client.received.length).toBeGreaterThan(8);
      });
    }
    client.close();
    await app.recorder.waitFor('endless');
    await app.close();
    expect(namedSpans(app.recorder.spans())).toEqual([
      span('say'),
      span('stream', { 'stream.outcome': 'completed' }),
      failed('denied', 'Forbidden resource'),
      failed('fails', 'no'),
      span('endless', { 'stream.outcome': 'client_disconnect' }),
    ]);
  },
);

it.each(LIBRARIES)('%s: answers are the same without telemetry', async (library, connect, setup) => {
  // Before Nest 12, clients of `ws` were not told of exceptions.
  const expected = library === 'ws' && NEST_MAJOR < 12 ? 4 : 6;
  const answers: unknown[] = [];
  for (const telemetry of [{}, false] as const) {
    const app = await startApp({
      telemetry,
      providers: [ChatGateway],
      ...(setup === undefined ? {} : { setup }),
    });
    const client = await connect(app);
    for (const event of ['say', 'stream', 'denied', 'fails']) client.send(event);
    await vi.waitFor(() => {
      expect(client.received).toHaveLength(expected);
    });
    answers.push(client.received);
    client.close();
    await app.close();
  }
  expect(answers[1]).toEqual(answers[0]);
});

@WebSocketGateway()
class GreetingGateway implements OnGatewayConnection, OnGatewayDisconnect {
  readonly users: unknown[] = [];

  constructor(
    @Inject(TracerManager) private readonly manager: TracerManager,
    @Inject(BaggageService) private readonly baggage: BaggageService,
  ) {}

  handleConnection(): void {
    this.manager.withSpan('greet', () => this.users.push(this.baggage.get('user.id')));
  }

  handleDisconnect(): void {
    this.manager.withSpan('part', () => this.users.push(this.baggage.get('user.id')));
  }

  @SubscribeMessage('say')
  say(): string {
    return 'said';
  }
}

it.each(LIBRARIES)(
  '%s: hooks of a connection run in its span, with the baggage of its handshake',
  async (library, connect, setup) => {
    const app = await startApp({
      telemetry: {
        baggage: { headers: { 'x-user-id': 'user.id' } },
        entries: { websockets: { connections: true } },
      },
      providers: [GreetingGateway],
      ...(setup === undefined ? {} : { setup }),
    });
    const client = await connect(app);
    client.send('say');
    await app.recorder.waitFor('say');
    client.close();
    await app.recorder.waitFor('websocket connection');
    await app.close();
    const spans = namedSpans(app.recorder.spans()).map(({ name, parent, links }) => [name, parent ?? links]);
    expect([spans, app.app.get(GreetingGateway).users]).toEqual([
      [
        ['websocket connection', ['remote']],
        ['greet', 'SERVER websocket connection'],
        ['say', ['SERVER websocket connection']],
        ['part', 'SERVER websocket connection'],
      ],
      ['ada', 'ada'],
    ]);
  },
);
