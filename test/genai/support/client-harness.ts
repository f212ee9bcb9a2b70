import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { PLAIN_SPAN, shapeOf } from '../../support/span-shape.js';
import { PROMPT, type BreakOff, type ClientAtWork, type ClientKit } from './client-kit.js';
import { FakeProvider } from './fake-provider.js';
import { startGenAi, withoutTimes, type GenAiBench } from './start.js';

interface Bench extends GenAiBench {
  readonly provider: FakeProvider;
  /** Instrumented. */
  readonly client: ClientAtWork;
  /** The same client without us. */
  readonly plain: ClientAtWork;
}

/** What every client must do, whichever provider it belongs to. */
export function describeClient(kit: ClientKit): void {
  const { events, preface = 0, hearsOfLeaving = true } = kit;

  async function start(config: Parameters<typeof startGenAi>[0] = {}): Promise<Bench> {
    const provider = await FakeProvider.start(kit.answer);
    const bench = await startGenAi(config);
    const { url } = provider;
    return { ...bench, provider, client: kit.connect(url, bench.genAi), plain: kit.connect(url) };
  }

  /** Waits for the provider to have no connection left that could still say something. */
  async function spansOf({ recorder }: Bench): Promise<Attributes[]> {
    await recorder.waitFor(kit.span);
    await new Promise(setImmediate);
    return recorder
      .spans()
      .filter(({ name }) => name === kit.span)
      .map(({ attributes }) => withoutTimes(attributes));
  }

  function request(provider: FakeProvider, more: Attributes = {}): Attributes {
    const port = Number(new URL(provider.url).port);
    const server = 'server.address' in kit.request ? { 'server.port': port } : {};
    return { ...kit.request, ...server, ...more };
  }

  /** Attributes after so many events of a stream. */
  function partial(provider: FakeProvider, count: number, outcome: string | undefined): Attributes {
    const seen = events.slice(0, count);
    const chunks = seen.some((event) => event.chunks !== 0);
    return request(provider, {
      ...kit.streamed,
      ...(chunks ? { 'gen_ai.response.time_to_first_chunk': 'number' } : {}),
      ...(outcome === undefined ? {} : { 'stream.outcome': outcome }),
      ...Object.assign({}, ...seen.map(({ tells }) => tells ?? {})),
    });
  }

  /** Counts after which something new has been handed to the app; a preface comes before the request is made. */
  const counts = [
    ...(preface === 0 ? [0] : []),
    ...events.flatMap(({ chunks }, index) => (chunks === 0 ? [] : [index + 1])),
  ];
  const chunksAfter = (count: number): number =>
    preface + events.slice(0, count).reduce((sum, { chunks = 1 }) => sum + chunks, 0);
  const finishedAfter = (count: number): boolean =>
    events.slice(0, count).some(({ finishes }) => finishes === true);

  /** A result or an error, in a form that two calls share. */
  async function outcomeOf(run: () => Promise<unknown>): Promise<unknown> {
    try {
      return plainly(await run(), kit.volatile);
    } catch (error) {
      const { constructor, name, message, status } = error as Error & { status?: unknown };
      return { class: constructor.name, name, message, status };
    }
  }

  it('answers as without us, in one span', async () => {
    const bench = await start();
    const { client, plain, provider, recorder } = bench;
    expect(await outcomeOf(() => client.ask({}))).toEqual(await outcomeOf(() => plain.ask({})));
    expect(provider.requests[0]?.body).toEqual(provider.requests[1]?.body);
    await spansOf(bench);
    const [span] = recorder.spans().filter(({ name }) => name === kit.span);
    const { parent: _parent, attributes, ...shape } = shapeOf(span!);
    const { parent: _none, attributes: _empty, ...plainSpan } = PLAIN_SPAN;
    expect({ ...shape, attributes: withoutTimes(attributes) }).toEqual({
      ...plainSpan,
      name: kit.span,
      kind: 'CLIENT',
      attributes: request(provider, kit.answered),
    });
  });

  it('streams as without us, in one span until the last chunk', async () => {
    const bench = await start();
    const { client, plain, provider } = bench;
    const collected = async (one: ClientAtWork): Promise<unknown> => collect(await one.stream({}));
    expect(await outcomeOf(() => collected(client))).toEqual(await outcomeOf(() => collected(plain)));
    expect(provider.requests[0]?.body).toEqual(provider.requests[1]?.body);
    expect(await spansOf(bench)).toEqual([partial(provider, events.length, 'completed')]);
  });

  it.each([false, true])('calls tools as without us (streamed: %s)', async (streamed) => {
    const bench = await start({ capture: true });
    const run = async (one: ClientAtWork): Promise<unknown> =>
      streamed ? collect(await one.stream({ tools: true })) : one.ask({ tools: true });
    expect(await outcomeOf(() => run(bench.client))).toEqual(await outcomeOf(() => run(bench.plain)));
    const [attributes] = await spansOf(bench);
    expect(attributes?.['gen_ai.output.messages']).toBe(kit.toolCall);
  });

  it.each([429, 500] as const)(
    'is refused with %i as without us, and no span repeats the provider’s message',
    async (status) => {
      const bench = await start();
      const { client, plain, provider, recorder, manager } = bench;
      provider.answers(() => kit.refusal(status, `You said: ${PROMPT}`));
      for (const run of [
        (one: ClientAtWork) => one.ask({}),
        async (one: ClientAtWork) => collect(await one.stream({})),
      ]) {
        const traced = () => manager.withSpan('work', () => run(client));
        expect(await outcomeOf(traced)).toEqual(await outcomeOf(() => run(plain)));
      }
      const spans = recorder.spans().filter(({ name }) => name === kit.span);
      expect(spans.map((span) => [span.attributes['error.type'], span.status.code])).toEqual([
        [kit.errorTypes[status], 2],
        [kit.errorTypes[status], 2],
      ]);
      const told = JSON.stringify(recorder.spans().map(shapeOf));
      expect(told).toContain(String(status));
      expect(told).not.toContain('canary');
    },
  );

  it('tells the provider’s message where content is captured', async () => {
    const bench = await start({ capture: true });
    bench.provider.answers(() => kit.refusal(500, `You said: ${PROMPT}`));
    await bench.client.ask({}).catch(() => undefined);
    await spansOf(bench);
    expect(bench.recorder.span(kit.span).status.message).toContain(PROMPT);
  });

  it.each(events.map((_, count) => count))(
    'is cut off after event %i as without us, and the span has what was known',
    async (count) => {
      const bench = await start();
      const { client, plain, provider, recorder } = bench;
      provider.answers((asked) => ({ ...kit.answer(asked), cutAfter: count }));
      const collected = async (one: ClientAtWork): Promise<unknown> => collect(await one.stream({}));
      expect(await outcomeOf(() => collected(client))).toEqual(await outcomeOf(() => collected(plain)));
      const begun = chunksAfter(count) > preface;
      expect(await spansOf(bench)).toEqual([
        {
          ...partial(provider, count, begun ? 'error' : undefined),
          ...kit.cut,
        },
      ]);
      expect(recorder.span(kit.span).status.code).toBe(2);
    },
  );

  describe('broken off', () => {
    const ways: Readonly<Record<string, BreakOff>> = {
      ...(hearsOfLeaving ? { 'leaving the iteration': (iterator) => iterator.return?.() } : {}),
      'the abort signal': (_iterator, _stream, abort) => {
        abort.abort();
      },
      ...kit.aborts,
    };
    const cases = Object.keys(ways).flatMap((way) => counts.map((count) => [way, count] as const));

    /** Begins a stream and reads the chunks of its first events. */
    const readFirst = async (one: ClientAtWork, count: number) => {
      const abort = new AbortController();
      const stream = await one.stream({ signal: abort.signal });
      const iterator = stream[Symbol.asyncIterator]();
      const seen: unknown[] = [];
      while (seen.length < chunksAfter(count)) seen.push((await iterator.next()).value);
      return { abort, stream, iterator, seen };
    };

    it.each(cases)('by %s after event %i, it ends as without us and once', async (way, count) => {
      const bench = await start();
      const { client, plain, provider } = bench;
      provider.answers((asked) => ({ ...kit.answer(asked), holdAfter: count }));
      const run = async (one: ClientAtWork): Promise<unknown> => {
        const { abort, stream, iterator, seen } = await readFirst(one, count);
        await ways[way]?.(iterator, stream, abort);
        const rest = await outcomeOf(() => collect(iterable(iterator)));
        return { seen, rest };
      };
      expect(await outcomeOf(() => run(client))).toEqual(await outcomeOf(() => run(plain)));
      const outcome = finishedAfter(count) ? 'completed' : 'client_disconnect';
      expect(await spansOf(bench)).toEqual([partial(provider, count, outcome)]);
      expect(bench.recorder.span(kit.span).status.code).toBe(0);
    });

    it.runIf(hearsOfLeaving)('by the abort signal, though nobody reads it, it ends', async () => {
      const bench = await start();
      bench.provider.answers((asked) => ({ ...kit.answer(asked), holdAfter: 1 }));
      const abort = new AbortController();
      await bench.client.stream({ signal: abort.signal });
      abort.abort();
      expect(await spansOf(bench)).toEqual([partial(bench.provider, 0, 'client_disconnect')]);
    });

    it.each(counts)('while it waits for the chunk after event %i, likewise', async (count) => {
      const bench = await start();
      const { client, plain, provider, recorder } = bench;
      provider.answers((asked) => ({ ...kit.answer(asked), holdAfter: count }));
      const run = async (one: ClientAtWork): Promise<unknown> => {
        const { abort, iterator, seen } = await readFirst(one, count);
        const next = outcomeOf(() => iterator.next());
        abort.abort();
        return { seen, next: await next };
      };
      expect(await outcomeOf(() => run(client))).toEqual(await outcomeOf(() => run(plain)));
      const [attributes, ...others] = await spansOf(bench);
      const { 'error.type': _expected, 'stream.outcome': outcome, ...known } = attributes ?? {};
      expect([known, others]).toEqual([partial(provider, count, undefined), []]);
      expect(outcome === 'client_disconnect' || (outcome === 'completed' && finishedAfter(count))).toBe(true);
      expect(recorder.span(kit.span).status.code).toBe(0);
    });

    it.each([false, true])('before the answer begins (streamed: %s)', async (streamed) => {
      const bench = await start();
      const { client, plain, provider, recorder } = bench;
      provider.answers(() => ({ silent: true }));
      const run = async (one: ClientAtWork): Promise<unknown> => {
        const abort = new AbortController();
        const question = { signal: abort.signal };
        const asked = provider.asked;
        const answer = outcomeOf(async () =>
          streamed ? collect(await one.stream(question)) : one.ask(question),
        );
        await asked;
        abort.abort();
        return answer;
      };
      expect(await run(client)).toEqual(await run(plain));
      const spans = await spansOf(bench);
      expect(spans.map(({ 'stream.outcome': outcome }) => outcome)).toEqual([
        streamed ? 'client_disconnect' : undefined,
      ]);
      expect(recorder.span(kit.span).status.code).toBe(0);
    });
  });
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function iterable<T>(iterator: AsyncIterator<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => iterator };
}

/** A value without what differs from call to call. */
function plainly(value: unknown, volatile: readonly string[] = []): unknown {
  if (value === undefined) return undefined;
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) => (volatile.includes(key) ? undefined : item)),
  ) as unknown;
}
