import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import {
  BehaviorSubject,
  combineLatest,
  concat,
  firstValueFrom,
  interval,
  lastValueFrom,
  map,
  NEVER,
  type Observable,
  of,
  Subject,
  take,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Span, TracerManager } from '../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../src/testing/index.js';
import { collectGarbage } from '../support/collect-garbage.js';

let tracer: TracerManager;
let recorder: SpanRecorder;

beforeEach(async () => {
  @Module({ imports: [TelemetryTestingModule.forRoot()] })
  class App {}
  const module = await Test.createTestingModule({ imports: [App] }).compile();
  tracer = module.get(TracerManager, { strict: false });
  recorder = module.get(SpanRecorder, { strict: false });
});

const names = (): string[] => recorder.spans().map(({ name }) => name);
const child = (): void => {
  tracer.withSpan('child', () => undefined);
};
const activeName = (): string | undefined =>
  (tracer.activeSpan() as unknown as ReadableSpan | undefined)?.name;

describe('withSpan around an Observable', () => {
  it('begins with the call and ends with the stream', async () => {
    const before = Date.now();
    const stream = tracer.withSpan('work', () => interval(10).pipe(take(2), map(activeName)));
    expect(names()).toEqual([]);
    expect(await lastValueFrom(stream.pipe(toArray()))).toEqual(['work', 'work']);
    expect(names()).toEqual(['work']);
    const { startTime, duration } = recorder.span('work');
    expect(startTime[0]).toBeGreaterThanOrEqual(Math.floor(before / 1000) - 1);
    expect(duration[0] * 1000 + duration[1] / 1e6).toBeGreaterThan(15);
  });

  it('records a failure', async () => {
    const stream = tracer.withSpan('work', () =>
      concat(
        of(1),
        throwError(() => new RangeError('too far')),
      ),
    );
    await expect(lastValueFrom(stream)).rejects.toThrow('too far');
    const { status, attributes, events } = recorder.span('work');
    expect(status).toEqual({ code: 2, message: 'too far' });
    expect(attributes['error.type']).toBe('RangeError');
    expect(events.map(({ name }) => name)).toEqual(['exception']);
  });

  it('ends when the consumer unsubscribes', () => {
    const subscription = tracer.withSpan('work', () => NEVER).subscribe();
    expect(names()).toEqual([]);
    subscription.unsubscribe();
    expect(names()).toEqual(['work']);
    expect(recorder.span('work').status).toEqual({ code: 0 });
  });

  it('has one span for several subscribers, until the last is done', () => {
    const source = new Subject<number>();
    const stream = tracer.withSpan('work', () => source);
    const first = stream.subscribe();
    const second = stream.subscribe();
    first.unsubscribe();
    expect(names()).toEqual([]);
    second.unsubscribe();
    stream.subscribe().unsubscribe();
    expect(names()).toEqual(['work']);
  });

  it('has a span for each subscriber on request', () => {
    const source = new Subject<number>();
    const seen: unknown[] = [];
    tracer.withSpan('caller', () => {
      const stream = tracer.withSpan('work', { perSubscriber: true }, () =>
        source.pipe(tap(() => seen.push(tracer.activeSpan()?.spanContext().spanId))),
      );
      const subscriptions = [stream.subscribe(), stream.subscribe()];
      source.next(1);
      for (const subscription of subscriptions) subscription.unsubscribe();
    });
    expect(names()).toEqual(['work', 'work', 'caller']);
    const [first, second, caller] = recorder.spans();
    expect(seen).toEqual([first?.spanContext().spanId, second?.spanContext().spanId]);
    for (const span of [first, second]) {
      expect(span?.parentSpanContext?.spanId).toBe(caller?.spanContext().spanId);
    }
  });

  it('shows consumers their own context, and the producer the span', () => {
    const source = new Subject<string>();
    const inside: unknown[] = [];
    const outside: unknown[] = [];
    tracer.withSpan('consumer', () => {
      tracer
        .withSpan('work', () => source.pipe(tap(() => inside.push(activeName()))))
        .subscribe(() => outside.push(activeName()));
    });
    tracer.withSpan('emitter', () => {
      source.next('a');
      expect(activeName()).toBe('emitter');
    });
    expect(inside).toEqual(['work']);
    expect(outside).toEqual(['consumer']);
  });

  it('waits for the stream that a promise brings', async () => {
    const promise = tracer.withSpan('work', async () => {
      await turn();
      return of(1, 2);
    });
    const stream = await promise;
    expect(names()).toEqual([]);
    expect(await firstValueFrom(stream.pipe(toArray()))).toEqual([1, 2]);
    expect(names()).toEqual(['work']);
  });

  it('ends for a subscriber that has given up before it is its turn', () => {
    const failing = throwError(() => new Error('the other one'));
    const failures: unknown[] = [];
    combineLatest([failing, tracer.withSpan('work', () => of(1))]).subscribe({
      error: (error: Error) => failures.push(error.message),
    });
    expect(failures).toEqual(['the other one']);
    expect(names()).toEqual(['work']);
  });

  it('leaves a Subject what else it can do', () => {
    for (const state of [
      tracer.withSpan('work', () => new BehaviorSubject(1)),
      tracer.withTemporaryConfig({}, () => new BehaviorSubject(1)),
    ]) {
      expect(state).toBeInstanceOf(BehaviorSubject);
      const seen: number[] = [];
      const subscription = state.pipe(map((n) => n * 10)).subscribe((n) => seen.push(n));
      state.next(2);
      expect([state.getValue(), state.value, state.observed]).toEqual([2, 2, true]);
      subscription.unsubscribe();
      expect(seen).toEqual([10, 20]);
      expect(state.observed).toBe(false);
    }
    expect(names()).toEqual(['work']);
  });

  it('ends the span of a stream that nobody subscribed to when it is collected', async () => {
    (() => {
      tracer.withSpan('work', () => NEVER);
    })();
    await expect
      .poll(() => {
        collectGarbage();
        return names();
      })
      .toEqual(['work']);
  });
});

describe('withSpan around an async iterable', () => {
  async function* count(to: number): AsyncGenerator<unknown, string> {
    try {
      for (let n = 0; n < to; n++) {
        await turn();
        yield `${n} ${String(activeName())}`;
      }
      return 'done';
    } finally {
      tracer.withSpan('clean up', () => undefined);
    }
  }

  it('has the span active in each step of a generator, and ends with it', async () => {
    const generator = tracer.withSpan('work', () => count(2));
    const seen: unknown[] = [];
    for await (const value of generator) seen.push(value, activeName());
    expect(seen).toEqual(['0 work', undefined, '1 work', undefined]);
    expect(names()).toEqual(['clean up', 'work']);
    expect(recorder.span('clean up').parentSpanContext?.spanId).toBe(
      recorder.span('work').spanContext().spanId,
    );
  });

  it('ends when the consumer returns', async () => {
    const generator = tracer.withSpan('work', () => count(5));
    for await (const value of generator) {
      expect(value).toBe('0 work');
      break;
    }
    expect(names()).toEqual(['clean up', 'work']);
  });

  it('can be driven by hand, and told of errors', async () => {
    const generator = tracer.withSpan('work', () => count(5));
    expect(Object.prototype.toString.call(generator)).toBe('[object AsyncGenerator]');
    expect(await generator.next()).toEqual({ value: '0 work', done: false });
    await expect(generator.throw(new TypeError('stop'))).rejects.toThrow('stop');
    expect(recorder.span('work').attributes['error.type']).toBe('TypeError');
  });

  it('keeps what else an iterable can do', async () => {
    class Answer implements AsyncIterable<number> {
      readonly #tokens = [1, 2];
      get length(): number {
        return this.#tokens.length;
      }
      total(): number {
        return this.#tokens.reduce((sum, token) => sum + token, 0);
      }
      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        yield* this.#tokens;
      }
    }
    const answer = tracer.withSpan('work', () => new Answer());
    expect(answer).toBeInstanceOf(Answer);
    expect([answer.length, answer.total()]).toEqual([2, 3]);
    expect(names()).toEqual([]);
    const seen: number[] = [];
    for await (const token of answer) seen.push(token);
    for await (const token of answer) seen.push(token);
    expect(seen).toEqual([1, 2, 1, 2]);
    expect(names()).toEqual(['work']);
  });

  it('lets setters use private fields', () => {
    class Answer implements AsyncIterable<number> {
      #total = 1;
      get total(): number {
        return this.#total;
      }
      set total(total: number) {
        this.#total = total;
      }
      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        yield this.#total;
      }
    }
    const answer = tracer.withSpan('work', () => new Answer());
    answer.total = 3;
    expect(answer.total).toBe(3);
  });

  it('iterates what is frozen', async () => {
    const frozen = Object.freeze({
      async *[Symbol.asyncIterator]() {
        yield activeName();
      },
    });
    const seen: unknown[] = [];
    for await (const token of tracer.withSpan('work', () => frozen)) seen.push(token);
    expect(seen).toEqual(['work']);
    expect(names()).toEqual(['work']);
  });
});

describe('withSpan around a web stream', () => {
  const source = (chunks: unknown[], more: { cancel?: (reason: unknown) => void } = {}): ReadableStream => {
    const left = [...chunks];
    return new ReadableStream<unknown>(
      {
        async pull(controller) {
          await turn();
          if (left.length === 0) controller.close();
          else controller.enqueue(`${String(left.shift())} ${String(activeName())}`);
        },
        ...more,
      },
      { highWaterMark: 0 },
    );
  };

  it('ends when it closes', async () => {
    const stream = tracer.withSpan('work', () => source([1, 2]));
    const seen: unknown[] = [];
    for await (const chunk of stream) seen.push(chunk);
    expect(seen).toEqual(['1 work', '2 work']);
    expect(names()).toEqual(['work']);
  });

  it('ends when it is cancelled, and tells the source why', async () => {
    let reason: unknown;
    const stream = tracer.withSpan('work', () =>
      source([1, 2], {
        cancel: (given) => {
          reason = [given, activeName()];
        },
      }),
    );
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel('enough');
    expect(reason).toEqual(['enough', 'work']);
    expect(names()).toEqual(['work']);
  });

  it('records a failure', async () => {
    const stream = tracer.withSpan(
      'work',
      () =>
        new ReadableStream({
          pull() {
            throw new RangeError('dry');
          },
        }),
    );
    await expect(new Response(stream).text()).rejects.toThrow();
    expect(recorder.span('work').attributes['error.type']).toBe('RangeError');
  });

  it('keeps a byte stream a byte stream', async () => {
    const bytes = new Blob(['hello']).stream();
    const stream = tracer.withSpan('work', () => bytes);
    const reader = stream.getReader({ mode: 'byob' });
    const parts: number[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(3));
      if (done) break;
      parts.push(...value);
    }
    expect(Buffer.from(parts).toString()).toBe('hello');
    expect(names()).toEqual(['work']);
  });
});

it('ends the spans of streams that are dropped', async () => {
  await (async () => {
    tracer.withSpan('Node stream', () => new Readable({ read() {} }));
    const stream = tracer.withSpan(
      'web stream',
      () =>
        new ReadableStream({
          pull(controller) {
            controller.enqueue('more');
          },
        }),
    );
    await stream.getReader().read();
  })();
  await expect
    .poll(() => {
      collectGarbage();
      return names().sort();
    })
    .toEqual(['Node stream', 'web stream']);
});

describe('withSpan around a Node stream', () => {
  it('ends when it closes, and is the stream itself', async () => {
    const readable = Readable.from(['a', 'b']);
    expect(tracer.withSpan('work', () => readable)).toBe(readable);
    expect(names()).toEqual([]);
    readable.resume();
    await recorder.waitFor('work');
  });

  it('records a failure that stays the app’s to handle', async () => {
    const readable = tracer.withSpan('work', () => new Readable({ read() {} }));
    expect(readable.listenerCount('error')).toBe(0);
    readable.on('error', () => {});
    readable.destroy(new RangeError('torn'));
    expect((await recorder.waitFor('work')).attributes['error.type']).toBe('RangeError');
  });
});

it('treats streams of @Span methods alike', async () => {
  class Model {
    @Span()
    async *tokens(): AsyncGenerator<string> {
      await turn();
      yield String(activeName());
    }
  }
  @Module({ imports: [TelemetryTestingModule.forRoot()], providers: [Model] })
  class App {}
  const module = await Test.createTestingModule({ imports: [App] }).compile();
  tracer = module.get(TracerManager, { strict: false });
  recorder = module.get(SpanRecorder, { strict: false });
  for await (const token of module.get(Model).tokens()) expect(token).toBe('Model.tokens');
  expect(names()).toEqual(['Model.tokens']);
});

describe.each([
  ['attributes', (run: () => unknown) => tracer.withAttributes({ feature: 'chat' }, run), ['chat', 'chat']],
  ['silence', (run: () => unknown) => tracer.withoutTracing(run), []],
] as const)('%s', (_what, around, expected) => {
  const features = (): unknown[] => recorder.spans().map(({ attributes }) => attributes['feature']);

  it('hold for the Observable that a function returns', async () => {
    const stream = around(() => interval(1).pipe(take(2), tap(child))) as Observable<number>;
    await lastValueFrom(stream);
    expect(features()).toEqual(expected);
  });

  it('hold for the generator that a function returns', async () => {
    const generator = around(async function* () {
      child();
      yield 'first';
      await turn();
      child();
    }) as AsyncGenerator<string>;
    for await (const step of generator) expect(step).toBe('first');
    expect(features()).toEqual(expected);
  });
});

it('hands through what is no stream', () => {
  const thenable = { then: (): void => {}, [Symbol.asyncIterator]: (): void => {} };
  for (const value of [1, null, undefined, [1], { a: 1 }, thenable, new Map()]) {
    expect(tracer.withSpan('work', () => value)).toBe(value);
  }
  // The one that can be asked for a result waits until somebody does.
  expect(names()).toHaveLength(6);
});
