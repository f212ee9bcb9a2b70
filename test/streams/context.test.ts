import { setImmediate as turn } from 'node:timers/promises';
import { Controller, Inject, Param, Sse } from '@nestjs/common';
import {
  defer,
  finalize,
  from,
  interval,
  map,
  Observable,
  of,
  retry,
  shareReplay,
  Subject,
  switchMap,
  take,
  tap,
} from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { TracerManager } from '../../src/index.js';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { startApp, type TestApp } from '../support/test-app.js';

/** Which span was active at a moment of which stream's life. */
const seen = new Map<string, (string | undefined)[]>();
const hot = new Subject<number>();
let subscribed = 0;
let finished = 0;

/** So that a test knows when to emit. */
function counted(source: Observable<number>): Observable<number> {
  return defer(() => {
    subscribed += 1;
    return source;
  });
}

async function* numbers(): AsyncGenerator<number> {
  for (let n = 0; n < 3; n++) {
    await turn();
    yield n;
  }
}

@Controller('streams')
class StreamsController {
  private readonly replayed = interval(1).pipe(take(3), shareReplay({ bufferSize: 3, refCount: true }));

  constructor(@Inject(TracerManager) private readonly tracer: TracerManager) {}

  @Sse(':kind/:client')
  stream(@Param('kind') kind: string, @Param('client') client: string): Observable<unknown> {
    const note = (moment: string): void => {
      const key = `${kind}/${client}`;
      const list = seen.get(key) ?? [];
      seen.set(key, list);
      list.push(`${moment}: ${String(this.tracer.activeSpan()?.spanContext().spanId)}`);
      // A child at every point of the stream's life.
      this.tracer.withSpan(`${key} ${moment}`, () => undefined);
    };
    return this.source(kind, note).pipe(
      tap((n) => {
        note(`event ${n}`);
      }),
      take(3),
      finalize(() => {
        note('teardown');
        finished += 1;
      }),
      map((n) => ({ data: { n } })),
    );
  }

  private source(kind: string, note: (moment: string) => void): Observable<number> {
    let failures = 0;
    switch (kind) {
      case 'cold':
        return defer(() => {
          note('subscribed');
          return of(0, 1, 2);
        });
      case 'hot':
        return counted(hot);
      case 'interval':
        return interval(1);
      case 'generator':
        return from(numbers());
      case 'switchMap':
        // The inner source is hot: it is driven by the emitter, too.
        return of('outer').pipe(
          switchMap(() =>
            counted(hot).pipe(
              tap((n) => {
                note(`inner ${n}`);
              }),
            ),
          ),
        );
      case 'retry':
        return defer(() => {
          note('attempt');
          return interval(1).pipe(
            map((n) => {
              if (failures++ < 1) throw new Error('again');
              return n;
            }),
          );
        }).pipe(retry(1));
      case 'shareReplay':
        return this.replayed;
      default:
        throw new Error(kind);
    }
  }
}

const EVENTS = ['event 0', 'event 1', 'event 2', 'teardown'];
const EXPECTED: Record<string, readonly string[]> = {
  cold: ['subscribed', ...EVENTS],
  hot: EVENTS,
  interval: EVENTS,
  generator: EVENTS,
  switchMap: ['inner 0', 'event 0', 'inner 1', 'event 1', 'inner 2', 'event 2', 'teardown'],
  retry: ['attempt', 'attempt', ...EVENTS],
  shareReplay: EVENTS,
};
const DRIVEN = new Set(['hot', 'switchMap']);

/** Emits in a span of its own, as the request that publishes would. */
function drive(tracer: TracerManager, emitted: (string | undefined)[]): void {
  for (let n = 0; n < 3; n++) {
    tracer.withSpan('emitter', (span) => {
      hot.next(n);
      const left = tracer.activeSpan();
      emitted.push(left === span ? 'kept' : 'lost');
    });
  }
}

describe.each(ALL_SERVERS)('the context of a stream on $name', (server) => {
  let app: TestApp;
  beforeEach(() => {
    seen.clear();
    subscribed = 0;
    finished = 0;
  });

  describe.each(['server', 'stream'] as const)('with attributes on the %s span', (spans) => {
    beforeEach(async () => {
      app = await startApp({ server, controllers: [StreamsController], telemetry: { sse: { spans } } });
    });

    it.each(Object.keys(EXPECTED))(
      'is active in all that a %s source does, for three subscribers',
      async (kind) => {
        const tracer = app.app.get(TracerManager, { strict: false });
        const clients = ['a', 'b', 'c'];
        const responses = clients.map((client) => app.open({ path: `/streams/${kind}/${client}` }));
        const emitted: string[] = [];
        if (DRIVEN.has(kind)) {
          await Promise.all(responses.map(({ headers }) => headers));
          await expect.poll(() => subscribed).toBe(3);
          drive(tracer, emitted);
          expect(emitted).toEqual(['kept', 'kept', 'kept']);
        }
        await Promise.all(responses.map(({ response }) => response));
        await expect.poll(() => finished).toBe(3);
        const name = spans === 'server' ? 'GET /streams/:kind/:client' : 'GET /streams/:kind/:client stream';
        await expect.poll(() => app.recorder.spans().filter((span) => span.name === name).length).toBe(3);

        for (const client of clients) {
          const path = `/streams/${kind}/${client}`;
          const request = app.recorder.spans().find(({ attributes }) => attributes['url.path'] === path);
          const own = app.recorder
            .spans()
            .find(
              (span) => span.name === name && span.spanContext().traceId === request?.spanContext().traceId,
            );
          const { spanId, traceId } = own!.spanContext();
          const expected = EXPECTED[kind]!;
          expect(seen.get(`${kind}/${client}`)).toEqual(expected.map((moment) => `${moment}: ${spanId}`));
          const children = app.recorder.spans().filter((span) => span.name.startsWith(`${kind}/${client} `));
          expect(children.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
            expected.map(() => spanId),
          );
          expect(new Set(children.map((child) => child.spanContext().traceId))).toEqual(new Set([traceId]));
          expect(own?.attributes['stream.events']).toBe(3);
        }
      },
    );

    it('is active in the teardown of a client that leaves', async () => {
      const open = app.open({ path: '/streams/hot/leaving' });
      await open.headers;
      await expect.poll(() => subscribed).toBe(1);
      open.abort();
      await expect.poll(() => finished).toBe(1);
      expect(hot.observed).toBe(false);
      const server = await app.recorder.waitFor('GET /streams/:kind/:client');
      const own = spans === 'server' ? server : app.recorder.span('GET /streams/:kind/:client stream');
      expect(seen.get('hot/leaving')).toEqual([`teardown: ${own.spanContext().spanId}`]);
      expect(own.attributes['stream.outcome']).toBe('client_disconnect');
    });
  });
});

it('leaves subscribers that nobody traces, and the emitter, in their own contexts', async () => {
  subscribed = 0;
  const app = await startApp({ controllers: [StreamsController] });
  const tracer = app.app.get(TracerManager, { strict: false });
  const plain: (string | undefined)[] = [];
  const subscription = hot.subscribe(() => plain.push(tracer.activeSpan()?.spanContext().spanId));
  const open = app.open({ path: '/streams/hot/beside' });
  await open.headers;
  await expect.poll(() => subscribed).toBe(1);
  const emitters: (string | undefined)[] = [];
  for (let n = 0; n < 3; n++) {
    tracer.withSpan('emitter', (span) => {
      emitters.push(span.spanContext().spanId);
      hot.next(n);
    });
  }
  hot.next(4);
  subscription.unsubscribe();
  await open.response;
  expect(plain).toEqual([...emitters, undefined]);
});
