import {
  Controller,
  Get,
  Injectable,
  Module,
  Sse,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { concat, finalize, interval, NEVER, Observable, of, repeat } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SseOptions } from '../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../src/testing/index.js';
import { open, type OpenExchange } from '../support/http-client.js';
import { ALL_SERVERS, HTTP1_SERVERS, type ServerKind } from '../support/server-kinds.js';

const STREAMS = 100;
let tornDown = 0;

/** Begins anew whenever the stream is done. */
@Injectable()
class RepeatingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(repeat());
  }
}

@Controller('open')
class OpenController {
  @Sse('quiet')
  quiet(): Observable<unknown> {
    return concat(of({ data: 'first' }), NEVER).pipe(
      finalize(() => {
        tornDown += 1;
      }),
    );
  }

  @Get('file')
  file(): StreamableFile {
    const body = new PassThrough();
    body.write('first');
    return new StreamableFile(body);
  }

  @UseInterceptors(RepeatingInterceptor)
  @Sse('repeated')
  repeated(): Observable<unknown> {
    return concat(of({ data: 'first' }), NEVER);
  }

  @Sse('busy')
  busy(): Observable<unknown> {
    return interval(1);
  }

  @Sse('flood', { maxPendingDataLength: 0 })
  flood(): Observable<unknown> {
    return new Observable((subscriber) => {
      const text = 'x'.repeat(256 * 1024);
      for (let n = 0; n < 50; n++) subscriber.next({ data: text });
    });
  }
}

let spansAtShutdown = 0;

@Injectable()
class Witness implements OnApplicationShutdown {
  constructor(private readonly recorder: SpanRecorder) {}

  onApplicationShutdown(): void {
    spansAtShutdown = this.recorder.spans().length;
  }
}

interface Started {
  readonly app: INestApplication;
  readonly url: string;
  readonly recorder: SpanRecorder;
}

async function start(
  server: ServerKind,
  forceCloseConnections: boolean,
  sse: SseOptions = {},
  timeoutMillis = 2500,
  warn: (text: string) => void = () => {},
): Promise<Started> {
  Reflect.defineMetadata('design:paramtypes', [SpanRecorder], Witness);
  @Module({
    imports: [TelemetryTestingModule.forRoot({ sse, shutdown: { timeoutMillis } })],
    controllers: [OpenController],
    providers: [Witness],
  })
  class App {}
  const app = await NestFactory.create(App, server.adapter() as AbstractHttpAdapter, {
    logger: { log: () => {}, error: () => {}, warn },
    forceCloseConnections,
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const recorder = app.get(SpanRecorder, { strict: false });
  tornDown = 0;
  spansAtShutdown = 0;
  return { app, url: `${server.scheme}://127.0.0.1:${port}`, recorder };
}

function openStreams({ url }: Started, server: ServerKind, path: string): OpenExchange[] {
  return Array.from({ length: STREAMS }, () => open(url, server.http2, { path }));
}

describe.each(ALL_SERVERS)('app.close() on $name', (server) => {
  it.each([false, true])(
    'completes open streams and delivers their spans in time, forceCloseConnections: %s',
    async (force) => {
      const started = await start(server, force, { onShutdown: 'complete' });
      const exchanges = openStreams(started, server, '/open/quiet');
      await Promise.all(exchanges.map(({ firstChunk }) => firstChunk));
      const before = performance.now();
      await started.app.close();
      expect(performance.now() - before).toBeLessThan(2000);
      const spans = started.recorder.spans();
      expect(spans).toHaveLength(STREAMS);
      for (const { attributes, status } of spans) {
        expect(attributes).toMatchObject({ 'stream.outcome': 'server_shutdown', 'stream.events': 1 });
        expect(status).toEqual({ code: 0 });
      }
      expect(tornDown).toBe(STREAMS);
      // Whoever looks last sees them all, and every client got a whole answer.
      expect(spansAtShutdown).toBe(STREAMS);
      for (const { body } of await Promise.all(exchanges.map(({ response }) => response))) {
        expect(body).toContain('data: first');
      }
    },
  );
});

describe.each(ALL_SERVERS)('app.close() on $name', (server) => {
  it('says of a body that it cuts off who did', async () => {
    const started = await start(server, true);
    const { firstChunk } = open(started.url, server.http2, { path: '/open/file' });
    await firstChunk;
    await started.app.close();
    expect(started.recorder.span('GET /open/file').attributes).toMatchObject({
      'stream.outcome': 'server_shutdown',
      'stream.bytes': 5,
    });
  });
});

describe.each(HTTP1_SERVERS)('app.close() on $name', (server) => {
  it('does not wait for clients that do not read', async () => {
    const started = await start(server, false, { onShutdown: 'complete' });
    const { port } = new URL(started.url);
    const sockets = Array.from({ length: 5 }, () => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.pause();
      socket.on('error', () => {});
      socket.write('GET /open/flood HTTP/1.1\r\nhost: localhost\r\n\r\n');
      return socket;
    });
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await expect.poll(() => openConnections(started)).toBeGreaterThan(0);
    const busy = openStreams(started, server, '/open/busy').slice(0, 10);
    await Promise.all(busy.map(({ firstChunk }) => firstChunk));
    const before = performance.now();
    await started.app.close();
    expect(performance.now() - before).toBeLessThan(2000);
    const outcomes = started.recorder.spans().map(({ attributes }) => attributes['stream.outcome']);
    expect(outcomes).toHaveLength(STREAMS + 5);
    expect(new Set(outcomes)).toEqual(new Set(['server_shutdown']));
  });

  it('does not wait for an interceptor that begins the stream anew', async () => {
    const started = await start(server, false, { onShutdown: 'complete' });
    const { firstChunk } = open(started.url, server.http2, { path: '/open/repeated' });
    await firstChunk;
    const before = performance.now();
    await started.app.close();
    expect(performance.now() - before).toBeLessThan(2000);
    expect(started.recorder.spans().map(({ attributes }) => attributes['stream.outcome'])).toEqual([
      'server_shutdown',
    ]);
  });

  it('leaves streams to Nest by default, and still delivers their spans', async () => {
    const started = await start(server, true);
    const exchanges = openStreams(started, server, '/open/quiet');
    await Promise.all(exchanges.map(({ firstChunk }) => firstChunk));
    await started.app.close();
    const outcomes = started.recorder.spans().map(({ attributes }) => attributes['stream.outcome']);
    expect(outcomes).toEqual(Array.from({ length: STREAMS }, () => 'server_shutdown'));
  });
});

describe.each(HTTP1_SERVERS)('app.close() on $name with streams that are left', (server) => {
  it('delivers their spans when the time is up, and says what would end them', async () => {
    const warnings: string[] = [];
    const started = await start(server, false, {}, 100, (text) => warnings.push(text));
    const exchanges = openStreams(started, server, '/open/quiet');
    await Promise.all(exchanges.map(({ firstChunk }) => firstChunk));
    const closed = started.app.close();
    await expect.poll(() => started.recorder.spans().length).toBe(STREAMS);
    const outcomes = new Set(started.recorder.spans().map(({ attributes }) => attributes['stream.outcome']));
    expect([outcomes, await openConnections(started), spansAtShutdown]).toEqual([
      new Set(['server_shutdown']),
      STREAMS,
      0,
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(/^100 open streams keep the server.*onShutdown: 'complete'/s),
    ]);
    for (const exchange of exchanges) exchange.abort();
    await closed;
    await expect.poll(() => tornDown).toBeGreaterThanOrEqual(STREAMS);
    expect(started.recorder.spans()).toHaveLength(STREAMS);
  });
});

function openConnections({ app }: Started): Promise<number> {
  return new Promise((resolve) => {
    app.getHttpServer().getConnections((_error: unknown, count: number) => {
      resolve(count);
    });
  });
}
