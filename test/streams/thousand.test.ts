import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Controller, Param, Sse, type INestApplication } from '@nestjs/common';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { concatWith, interval, map, Observable, Subject, switchMap, take, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { TracerManager } from '../../src/index.js';
import { HTTP1_SERVERS } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';

const STREAMS = 1000;
/** Every stream is open before the first event. */
const go = new Subject<void>();
let open = 0;

@Controller('load')
class LoadController {
  @Sse(':kind/:id')
  stream(@Param('kind') kind: string, @Param('id') id: string): Observable<unknown> {
    const count = 3 + (Number(id) % 7);
    return new Observable((subscriber) => {
      open += 1;
      const source = go.pipe(
        take(1),
        switchMap(() => this.source(kind, count)),
        map((n) => ({ data: { n } })),
      );
      const subscription = source.subscribe(subscriber);
      return () => {
        open -= 1;
        subscription.unsubscribe();
      };
    });
  }

  private source(kind: string, count: number): Observable<number> {
    const ticks = interval(15);
    if (kind === 'completed') return ticks.pipe(take(count));
    if (kind === 'error')
      return ticks.pipe(take(count), concatWith(throwError(() => new RangeError('mid-stream'))));
    return ticks;
  }
}

interface Client {
  readonly id: number;
  readonly kind: string;
  readonly path: string;
  readonly traceparent: string;
  /** Number of events after which the client destroys its socket. */
  readonly leaveAfter?: number;
}

function clientOf(id: number): Client {
  const kind = [
    'completed',
    'completed',
    'completed',
    'completed',
    'client_disconnect',
    'client_disconnect',
    'error',
    'server_shutdown',
  ][id % 8]!;
  const traceId = (id + 1).toString(16).padStart(32, '0');
  return {
    id,
    kind,
    path: `/load/${kind}/${id}`,
    traceparent: `00-${traceId}-${(id + 1).toString(16).padStart(16, 'a')}-01`,
    ...(kind === 'client_disconnect' && { leaveAfter: 1 + ((id * 7) % 11) }),
  };
}

interface Written {
  bytes: number;
  events: number;
}

/** Counts at the response itself what is handed to it. */
function countWrites(app: INestApplication, written: Map<string, Written>): void {
  const server = app.getHttpServer() as EventEmitter;
  server.prependListener('request', ({ url }: { url: string }, response: ServerResponse) => {
    const count = { bytes: 0, events: 0 };
    written.set(url, count);
    const { write } = response;
    response.write = function counting(this: ServerResponse, ...args: unknown[]) {
      const chunk = String(args[0]);
      count.bytes += Buffer.byteLength(chunk);
      if (chunk.includes('data: ') && !chunk.startsWith('event: error')) count.events += 1;
      return (write as (...given: unknown[]) => boolean).apply(this, args);
    } as never;
  });
}

function listeners(...emitters: EventEmitter[]): unknown {
  return emitters.map((emitter) =>
    emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]),
  );
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe.each(HTTP1_SERVERS)('a thousand streams at once on $name', (server) => {
  it(
    'end once each, with the right outcome, parent and counts, and leave nothing behind',
    { timeout: 60_000 },
    async () => {
      open = 0;
      const app = await startApp({
        server,
        controllers: [LoadController],
        telemetry: { sse: { onShutdown: 'complete' } },
      });
      const written = new Map<string, Written>();
      countWrites(app.app, written);
      const http = app.app.getHttpServer() as EventEmitter;
      const before = { listeners: listeners(http, process), timers: timers() };

      const clients = Array.from({ length: STREAMS }, (_, id) => clientOf(id));
      const driver = fork(new URL('thousand-clients.mjs', import.meta.url));
      driver.send({ port: app.port, clients });
      const reports = new Map<number, { events: number; ended: boolean }>();
      driver.on('message', (report: { id: number; events: number; ended: boolean }) =>
        reports.set(report.id, report),
      );
      await expect.poll(() => open, { timeout: 20_000 }).toBe(STREAMS);
      go.next();

      const left = clients.filter(({ kind }) => kind === 'server_shutdown').length;
      await expect.poll(() => app.recorder.spans().length, { timeout: 30_000 }).toBe(STREAMS - left);
      expect(app.app.get(TracerManager, { strict: false }).status().spans.live).toBe(left);
      await app.close();
      await expect.poll(() => reports.size, { timeout: 20_000 }).toBe(STREAMS);
      driver.disconnect();

      const spans = new Map<unknown, ReadableSpan>();
      for (const span of app.recorder.spans()) spans.set(span.attributes['url.path'], span);
      expect(app.recorder.spans()).toHaveLength(STREAMS);
      expect(spans.size).toBe(STREAMS);
      const actual = clients.map(({ path, id }) => {
        const span = spans.get(path)!;
        return {
          path,
          outcome: span.attributes['stream.outcome'],
          traceId: span.spanContext().traceId,
          parent: span.parentSpanContext?.spanId,
          status: span.status.code,
          exceptions: span.events.filter(({ name }) => name === 'exception').length,
          written: { bytes: span.attributes['stream.bytes'], events: span.attributes['stream.events'] },
          ended: reports.get(id)?.ended,
        };
      });
      const expected = clients.map(({ path, kind, traceparent }) => ({
        path,
        outcome: kind,
        traceId: traceparent.slice(3, 35),
        parent: traceparent.slice(36, 52),
        status: kind === 'error' ? 2 : 0,
        exceptions: kind === 'error' ? 1 : 0,
        written: written.get(path),
        ended: kind !== 'client_disconnect',
      }));
      expect(actual).toEqual(expected);
      // What was written to those who stayed has arrived.
      for (const { id, kind, path } of clients) {
        if (kind !== 'client_disconnect' && kind !== 'error') {
          expect(reports.get(id)?.events, path).toBe(written.get(path)?.events);
        }
      }

      expect(open).toBe(0);
      expect(go.observed).toBe(false);
      expect(app.app.get(TracerManager, { strict: false }).status().spans.live).toBe(0);
      await expect.poll(timers).toBeLessThanOrEqual(before.timers);
      await expect.poll(() => listeners(http, process)).toEqual(before.listeners);
    },
  );
});
