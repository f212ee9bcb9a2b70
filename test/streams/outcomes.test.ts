import { setTimeout as sleep } from 'node:timers/promises';
import { hrTimeToMicroseconds } from '@opentelemetry/core';
import {
  Controller,
  HttpException,
  Injectable,
  NotFoundException,
  Query,
  RequestMethod,
  Scope,
  Sse,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import {
  catchError,
  concat,
  EMPTY,
  interval,
  map,
  NEVER,
  Observable,
  of,
  retry,
  switchMap,
  take,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import {
  HttpTelemetryInterceptor,
  SseSpan,
  SseTelemetryInterceptor,
  TelemetryConfigError,
  TracerManager,
} from '../../src/index.js';
import { TelemetryHub } from '../../src/nest/hub/telemetry-hub.js';
import { validateModuleOptions } from '../../src/nest/instance/telemetry-options.js';
import { exceptionEvent, serverSpan } from '../support/expected-server-span.js';
import { RawConnection } from '../support/raw-connection.js';
import { ALL_SERVERS, EXPRESS, HTTP1_SERVERS } from '../support/server-kinds.js';
import { shapeOf, type SpanShape } from '../support/span-shape.js';
import { startApp, type TestApp } from '../support/test-app.js';

class QuotaError extends Error {
  override readonly name = 'QuotaError';
}

const events = (count: number): Observable<unknown> => interval(1).pipe(take(count));
const LARGE = 'x'.repeat(64 * 1024);

@Injectable()
class RetryingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(retry(1));
  }
}

@Injectable()
class ForgivingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError(() => of({ data: 'instead' })));
  }
}

/** As one that asks somebody before it calls the handler: Nest has sent the headers by then. */
@Injectable()
class SlowInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return timer(5).pipe(switchMap(() => next.handle()));
  }
}

@Injectable()
class ImpatientInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(timeout(30));
  }
}

@Injectable()
class PickyInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map(() => {
        throw new QuotaError('refused');
      }),
    );
  }
}

class SlowPipe implements PipeTransform {
  async transform(): Promise<never> {
    await sleep(5);
    throw new QuotaError('no such user');
  }
}

let attempts = 0;

@Controller('feed')
class Feed {
  @Sse('finite')
  finite(): Observable<unknown> {
    return events(3);
  }

  @Sse('ask', { method: RequestMethod.POST })
  async ask(): Promise<Observable<unknown>> {
    await Promise.resolve();
    return events(2);
  }

  @Sse('empty')
  empty(): Observable<unknown> {
    return EMPTY;
  }

  @Sse('endless')
  endless(): Observable<unknown> {
    return concat(of({ data: 'first' }), NEVER);
  }

  @Sse('late-error')
  lateError(): Observable<unknown> {
    return concat(
      events(2),
      throwError(() => new QuotaError('no tokens left')),
    );
  }

  @Sse('late-client-error')
  lateClientError(): Observable<unknown> {
    return concat(
      events(1),
      throwError(() => new HttpException('gone', 410)),
    );
  }

  @Sse('early-error')
  earlyError(): Observable<unknown> {
    return throwError(() => new QuotaError('no tokens at all'));
  }

  @Sse('not-found')
  async notFound(): Promise<Observable<unknown>> {
    await Promise.resolve();
    throw new NotFoundException('no such feed');
  }

  @Sse('too-much', { maxPendingDataLength: 1000 })
  tooMuch(): Observable<unknown> {
    return new Observable((subscriber) => {
      const timer = setInterval(() => {
        for (let n = 0; n < 20; n++) subscriber.next({ data: LARGE });
      }, 1);
      return () => {
        clearInterval(timer);
      };
    });
  }

  @SseSpan({ name: 'chat', type: 'chat', milestoneEvery: 2 })
  @Sse('chat')
  chat(): Observable<unknown> {
    return events(5);
  }

  @UseInterceptors(RetryingInterceptor)
  @Sse('retried')
  retried(): Observable<unknown> {
    attempts += 1;
    return attempts % 2 === 1 ? throwError(() => new Error('first attempt')) : events(2);
  }

  @UseInterceptors(ForgivingInterceptor)
  @Sse('forgiven')
  forgiven(): Observable<unknown> {
    return concat(
      events(1),
      throwError(() => new Error('forgiven')),
    );
  }

  @UseInterceptors(SlowInterceptor)
  @Sse('slow')
  slow(): Observable<unknown> {
    return events(3);
  }

  @UseInterceptors(SlowInterceptor)
  @Sse('slow-throw')
  slowThrow(): Observable<unknown> {
    throw new QuotaError('too late');
  }

  @UseInterceptors(SseTelemetryInterceptor)
  @Sse('late-rejection')
  async lateRejection(): Promise<Observable<unknown>> {
    await sleep(5);
    throw new QuotaError('too late');
  }

  @UseInterceptors(SseTelemetryInterceptor)
  @Sse('late-pipe')
  latePipe(@Query(SlowPipe) _user: unknown): Observable<unknown> {
    return events(1);
  }

  @UseInterceptors(ImpatientInterceptor)
  @Sse('timed-out')
  timedOut(): Observable<unknown> {
    return concat(events(2), NEVER);
  }

  @Sse('unwritable')
  unwritable(): Observable<unknown> {
    return events(3).pipe(map((n) => ({ data: { n: n === 2 ? 2n : n } })));
  }

  @UseInterceptors(PickyInterceptor)
  @Sse('refused')
  refused(): Observable<unknown> {
    return of(1, 2);
  }

  @Sse('last-words')
  lastWords(): Observable<unknown> {
    return concat(events(1), of({ type: 'error', data: 'no tokens left' }));
  }

  @Sse('nested')
  nested(): Observable<unknown> {
    return concat(this.finite(), this.finite());
  }
}

/** Durations differ from run to run. */
function withoutTimes(shape: SpanShape): SpanShape {
  const { 'stream.time_to_first_event': first, 'stream.longest_gap': gap, ...attributes } = shape.attributes;
  for (const time of [first, gap]) if (time !== undefined) expect(time).toBeGreaterThanOrEqual(0);
  return { ...shape, attributes };
}

function stream(outcome: string, count: number, bytes: number): Record<string, unknown> {
  return { 'stream.type': 'sse', 'stream.outcome': outcome, 'stream.events': count, 'stream.bytes': bytes };
}

const FIRST = { name: 'first_chunk', attributes: {} };

async function spanOf(app: TestApp, path: string): Promise<SpanShape> {
  return withoutTimes(shapeOf(await app.recorder.waitFor((span) => span.attributes['url.path'] === path)));
}

describe.each(ALL_SERVERS)('the span of an @Sse route on $name', (server) => {
  const start = (): Promise<TestApp> => startApp({ server, controllers: [Feed] });

  it('tells when its first event came, and how long the longest silence was', async () => {
    const app = await start();
    await app.send({ path: '/feed/finite' });
    const span = await app.recorder.waitFor('GET /feed/finite');
    const { 'stream.time_to_first_event': first, 'stream.longest_gap': gap } = span.attributes;
    const [chunk] = span.events.filter(({ name }) => name === 'first_chunk');
    const total = hrTimeToMicroseconds(span.duration);
    const toChunk = hrTimeToMicroseconds(chunk!.time) - hrTimeToMicroseconds(span.startTime);
    // The event on the span is made right after the clock was read.
    expect(first).toBeGreaterThan(0);
    expect(Number(first) * 1e6).toBeLessThanOrEqual(toChunk + 1);
    expect(gap).toBeGreaterThan(0);
    expect(Number(gap) * 1e6).toBeLessThanOrEqual(total - Number(first) * 1e6 + 1);
  });

  it.each([
    ['GET', '/feed/finite', 'Feed.finite', 3],
    ['POST', '/feed/ask', 'Feed.ask', 2],
    ['GET', '/feed/empty', 'Feed.empty', 0],
    ['GET', '/feed/nested', 'Feed.nested', 6],
  ] as const)('tells of a %s stream that completes: %s', async (method, path, handler, count) => {
    const app = await start();
    const { body, status } = await app.send({
      method,
      path,
      ...(method === 'POST' && { body: '{}', headers: { 'content-type': 'application/json' } }),
    });
    const span = await spanOf(app, path);
    expect(span).toEqual(
      serverSpan(app, {
        method,
        path,
        route: path,
        handler,
        code: status,
        attributes: stream('completed', count, body.length) as never,
        events: count === 0 ? [] : [FIRST],
      }),
    );
    expect(body.match(/^data: /gm) ?? []).toHaveLength(count);
  });

  it('tells of a client that leaves', async () => {
    const app = await start();
    const open = app.open({ path: '/feed/endless', headers: { 'last-event-id': '41' } });
    await open.firstChunk;
    open.abort();
    const span = await spanOf(app, '/feed/endless');
    expect(span.status).toEqual({ code: 'UNSET' });
    expect(span.attributes).toMatchObject({
      'stream.outcome': 'client_disconnect',
      'stream.resumed_from': '41',
      'http.response.status_code': 200,
    });
    expect(span.attributes).not.toHaveProperty('error.type');
  });

  it('records a failure in the middle, once', async () => {
    const app = await start();
    const { status, body } = await app.get('/feed/late-error');
    expect(status).toBe(200);
    expect(body).toContain('event: error');
    expect(await spanOf(app, '/feed/late-error')).toEqual(
      serverSpan(app, {
        path: '/feed/late-error',
        route: '/feed/late-error',
        handler: 'Feed.lateError',
        status: { code: 'ERROR', message: 'no tokens left' },
        attributes: { ...stream('error', 2, body.length), 'error.type': 'QuotaError' },
        events: [FIRST, exceptionEvent('QuotaError', 'no tokens left')],
      }),
    );
  });

  it('counts the client error that comes too late for a status as a failure, without an exception', async () => {
    const app = await start();
    await app.get('/feed/late-client-error');
    const span = await spanOf(app, '/feed/late-client-error');
    expect(span.status.code).toBe('ERROR');
    expect(span.attributes).toMatchObject({ 'stream.outcome': 'error', 'error.type': 'HttpException' });
    expect(span.events).toEqual([FIRST]);
  });

  it('follows the rules of HTTP before the headers are out', async () => {
    const app = await start();
    expect((await app.get('/feed/early-error')).status).toBe(500);
    expect(await spanOf(app, '/feed/early-error')).toEqual(
      serverSpan(app, {
        path: '/feed/early-error',
        route: '/feed/early-error',
        handler: 'Feed.earlyError',
        code: 500,
        status: { code: 'ERROR' },
        attributes: { ...stream('error', 0, 0), 'error.type': 'QuotaError' },
        events: [exceptionEvent('QuotaError', 'no tokens at all')],
      }),
    );
    expect((await app.get('/feed/not-found')).status).toBe(404);
    expect(await spanOf(app, '/feed/not-found')).toEqual(
      serverSpan(app, {
        path: '/feed/not-found',
        route: '/feed/not-found',
        handler: 'Feed.notFound',
        code: 404,
      }),
    );
  });

  it('gives a route a stream span with its own name, type and milestones', async () => {
    const app = await start();
    await app.get('/feed/chat');
    const request = await app.recorder.waitFor('GET /feed/chat');
    const own = shapeOf(app.recorder.span('chat'));
    expect(own.parent).toBe(request.spanContext().spanId);
    expect(own).toMatchObject({ kind: 'INTERNAL', scope: 'nestjs-telemetry', status: { code: 'UNSET' } });
    expect(own.attributes).toMatchObject({
      'stream.type': 'chat',
      'stream.outcome': 'completed',
      'stream.events': 5,
    });
    expect(own.events).toEqual([
      FIRST,
      { name: 'chunk_milestone', attributes: { chunk_count: 2 } },
      { name: 'chunk_milestone', attributes: { chunk_count: 4 } },
    ]);
    expect(Object.keys(request.attributes).filter((key) => key.startsWith('stream.'))).toEqual([]);
  });

  it('tells what came of a stream that an interceptor tries again', async () => {
    const app = await start();
    await app.get('/feed/retried');
    const span = await spanOf(app, '/feed/retried');
    expect(span.attributes).toMatchObject({ 'stream.outcome': 'completed', 'stream.events': 2 });
    expect(span.events).toEqual([FIRST]);
  });

  it('counts from the first byte where the headers are out before there is a producer', async () => {
    const app = await start();
    const { body } = await app.get('/feed/slow');
    expect((await spanOf(app, '/feed/slow')).attributes).toMatchObject(stream('completed', 3, body.length));
  });

  it.each(['slow-throw', 'late-rejection'])(
    'records a handler that fails after the headers: %s',
    async (path) => {
      const app = await start();
      const { status, body } = await app.get(`/feed/${path}`);
      expect(status).toBe(200);
      expect(body).toContain('event: error');
      const span = await spanOf(app, `/feed/${path}`);
      expect(span.status).toEqual({ code: 'ERROR', message: 'too late' });
      expect(span.attributes).toMatchObject({
        ...stream('error', 0, body.length),
        'error.type': 'QuotaError',
      });
      expect(span.events).toEqual([exceptionEvent('QuotaError', 'too late')]);
    },
  );

  it.each([
    ['an interceptor’s', 'timed-out', 2, 'TimeoutError', 'Timeout has occurred'],
    ['a pipe’s', 'late-pipe', 0, 'QuotaError', 'no such user'],
    ['an event’s that is no JSON', 'unwritable', 2, 'premature_end', undefined],
  ])('tells of a failure that is not the handler’s: %s', async (_whose, path, count, type, message) => {
    const app = await start();
    const { status, body } = await app.get(`/feed/${path}`);
    expect(status).toBe(200);
    expect(body).toContain('event: error');
    const span = await spanOf(app, `/feed/${path}`);
    expect(span.status).toEqual({ code: 'ERROR', ...(message !== undefined && { message }) });
    expect(span.attributes).toMatchObject({ ...stream('error', count, body.length), 'error.type': type });
  });

  it('takes the answer to a failure before the headers for no stream, whoever failed', async () => {
    const app = await start();
    expect((await app.get('/feed/refused')).status).toBe(500);
    const span = await spanOf(app, '/feed/refused');
    expect(span.attributes).toMatchObject({ ...stream('error', 0, 0), 'error.type': 'QuotaError' });
    expect(span.events).toEqual([exceptionEvent('QuotaError', 'refused')]);
  });

  it('believes a producer that completes, whatever its last event is called', async () => {
    const app = await start();
    const { body } = await app.get('/feed/last-words');
    const span = await spanOf(app, '/feed/last-words');
    expect(span.attributes).toMatchObject(stream('completed', 2, body.length));
    expect(span.status).toEqual({ code: 'UNSET' });
  });

  it('keeps no stream that has ended', async () => {
    const app = await start();
    const paths = ['slow', 'slow-throw', 'late-rejection', 'late-pipe', 'timed-out', 'refused', 'finite'];
    for (const path of paths) await app.get(`/feed/${path}`);
    await expect.poll(() => app.recorder.spans().length).toBe(paths.length);
    expect(app.app.get(TelemetryHub, { strict: false })).toMatchObject({ streams: { size: 0 } });
  });

  it('takes a failure that an interceptor replaces by other events for none', async () => {
    const app = await start();
    const { body } = await app.get('/feed/forgiven');
    expect(body).toContain('instead');
    expect((await spanOf(app, '/feed/forgiven')).attributes).toMatchObject({
      'stream.outcome': 'completed',
      'stream.events': 2,
    });
  });
});

describe.each(HTTP1_SERVERS)('limits on $name', (server) => {
  it('tells a client that does not read from one that leaves', async () => {
    const app = await startApp({ server, controllers: [Feed] });
    const { connect } = await import('node:net');
    const socket = connect(app.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /feed/too-much HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const span = await app.recorder.waitFor('GET /feed/too-much');
    socket.destroy();
    expect(span.attributes['stream.outcome']).toBe('limit');
  });
});

describe.each(HTTP1_SERVERS)('pipelined streams on $name', (server) => {
  it('end with the connection, also those whose turn never came', async () => {
    const app = await startApp({ server, controllers: [Feed] });
    const connection = await RawConnection.open(app.url);
    for (let n = 0; n < 12; n++) connection.write('GET /feed/endless HTTP/1.1', 'host: localhost');
    const live = (): number => app.app.get(TracerManager, { strict: false }).status().spans.live;
    await expect.poll(live).toBe(12);
    expect(await connection.statuses(1)).toEqual([200]);
    connection.close();
    await expect.poll(live).toBe(0);
    const outcomes = app.recorder.spans().map(({ attributes }) => attributes['stream.outcome']);
    expect(outcomes).toEqual(Array.from({ length: 12 }, () => 'client_disconnect'));
  });
});

describe('options of streams', () => {
  it('adds milestones in development, none in production', async () => {
    for (const [environment, expected] of [
      ['development', 2],
      ['production', 0],
    ] as const) {
      vi.stubEnv('NODE_ENV', environment);
      const app = await startApp({ controllers: [Ticker] });
      await app.get('/ticker');
      vi.unstubAllEnvs();
      const { events: noted } = await app.recorder.waitFor('GET /ticker');
      expect(noted.filter(({ name }) => name === 'chunk_milestone')).toHaveLength(expected);
    }
  });

  it('takes the instance’s options where a route has none', async () => {
    const app = await startApp({
      controllers: [Ticker],
      telemetry: { sse: { spans: 'stream', milestoneEvery: 5 } },
    });
    await app.get('/ticker');
    await app.recorder.waitFor('GET /ticker');
    expect(app.recorder.tree()).toEqual([
      { name: 'GET /ticker', children: [{ name: 'GET /ticker stream', children: [] }] },
    ]);
    const milestones = app.recorder
      .span('GET /ticker stream')
      .events.filter(({ name }) => name === 'chunk_milestone');
    expect(milestones).toHaveLength(4);
  });

  it('treats the response like any other with `sse: false`', async () => {
    const app = await startApp({ controllers: [Ticker], telemetry: { sse: false } });
    const { body } = await app.get('/ticker');
    const { attributes, events: noted } = await app.recorder.waitFor('GET /ticker');
    expect(attributes).toMatchObject({ 'stream.outcome': 'completed', 'stream.bytes': body.length });
    expect(attributes).not.toHaveProperty('stream.events');
    expect(noted).toEqual([]);
  });

  it.each([
    [{ spans: 'both' }, 'sse.spans'],
    [{ milestoneEvery: -1 }, 'sse.milestoneEvery'],
    [{ onShutdown: 'hang' }, 'sse.onShutdown'],
    [{ milestones: 1 }, 'sse.milestones'],
  ])('refuses %j', (sse, path) => {
    expect(() => {
      validateModuleOptions({ sse });
    }).toThrow(expect.objectContaining({ name: TelemetryConfigError.name, path }));
  });

  it('traces controllers of request scope', async () => {
    const app = await startApp({ controllers: [ScopedTicker] });
    await app.get('/scoped');
    await app.get('/scoped');
    await expect.poll(() => app.recorder.spans().length).toBe(2);
    for (const { attributes } of app.recorder.spans()) {
      expect(attributes).toMatchObject({ 'stream.events': 2, 'code.function.name': 'ScopedTicker.tick' });
    }
  });

  it('traces handlers that a controller inherits', async () => {
    const app = await startApp({ controllers: [InheritingTicker] });
    await app.get('/inherited');
    expect((await app.recorder.waitFor('GET /inherited')).attributes).toMatchObject({ 'stream.events': 20 });
  });
});

describe('interceptors by hand', () => {
  it('gives one span however often they are named', async () => {
    const app = await startApp({
      server: EXPRESS,
      controllers: [HandTraced],
      setup: (nest) =>
        nest.useGlobalInterceptors(new HttpTelemetryInterceptor(), new SseTelemetryInterceptor()),
    });
    await app.get('/by-hand');
    await app.recorder.waitFor('GET /by-hand');
    expect(app.recorder.tree()).toEqual([{ name: 'GET /by-hand', children: [] }]);
    expect(app.recorder.span('GET /by-hand').attributes).toMatchObject({ 'stream.events': 2 });
  });

  it('traces the routes that name them where the module traces none', async () => {
    const app = await startApp({
      controllers: [HandTraced, Ticker],
      telemetry: { http: false, sse: false },
    });
    await app.get('/ticker');
    await app.get('/by-hand');
    const span = await app.recorder.waitFor('GET /by-hand');
    expect(span.attributes).toMatchObject({ 'stream.events': 2, 'stream.outcome': 'completed' });
    expect(app.recorder.spans()).toHaveLength(1);
  });
});

@Controller()
class Ticker {
  @Sse('ticker')
  tick(): Observable<unknown> {
    return events(20);
  }
}

@Controller('inherited')
class InheritingTicker extends Ticker {
  @Sse()
  override tick(): Observable<unknown> {
    return super.tick();
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedTicker {
  @Sse()
  tick(): Observable<unknown> {
    return events(2);
  }
}

@UseInterceptors(HttpTelemetryInterceptor, SseTelemetryInterceptor)
@Controller('by-hand')
class HandTraced {
  @UseInterceptors(SseTelemetryInterceptor)
  @Sse()
  tick(): Observable<unknown> {
    return events(2);
  }
}
