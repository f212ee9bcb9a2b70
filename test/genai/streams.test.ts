import { Controller, Get, Inject, Sse, type MessageEvent } from '@nestjs/common';
import { from, map, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { GenAiModule, GenAiTracer } from '../../src/entry-points/genai.js';
import { startApp } from '../support/test-app.js';
import { HTTP1_SERVERS } from '../support/server-kinds.js';
import { startGenAi } from './support/start.js';

const CHAT = { provider: 'openai', model: 'gpt-4o' };

async function* words(): AsyncGenerator<string> {
  for (const word of ['Water ', 'first.']) {
    await new Promise(setImmediate);
    yield word;
  }
}

/** Ways in which a model's client may hand out its answer. */
const STREAMS: Readonly<Record<string, (stream: unknown) => Promise<unknown>>> = {
  'an async iterable': async (stream) => {
    let text = '';
    for await (const word of stream as AsyncIterable<string>) text += word;
    return text;
  },
  'a web stream': (stream) =>
    new Response((stream as ReadableStream).pipeThrough(new TextEncoderStream())).text(),
  'an Observable': (stream) =>
    new Promise((resolve) => {
      let text = '';
      (stream as Observable<string>).subscribe({
        next: (word) => (text += word),
        complete: () => {
          resolve(text);
        },
      });
    }),
};

const MAKE: Readonly<Record<string, () => unknown>> = {
  'an async iterable': words,
  'a web stream': () => ReadableStream.from(words()),
  'an Observable': () => from(words()),
};

it.each(Object.entries(STREAMS))('%s is read while it passes', async (kind, read) => {
  const { genAi, recorder } = await startGenAi({ capture: { outputMessages: true } });
  const stream = genAi.withChat(
    {
      ...CHAT,
      mapChunks: (word: string) => ({
        text: word,
        outputTokens: word.length,
        finishReason: 'stop',
        id: 'r1',
      }),
    },
    () => MAKE[kind]?.(),
  );
  expect(await read(stream)).toBe('Water first.');
  expect((await recorder.waitFor('chat gpt-4o')).attributes).toMatchObject({
    'gen_ai.request.stream': true,
    'gen_ai.response.time_to_first_chunk': expect.any(Number),
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.response.id': 'r1',
    'gen_ai.usage.output_tokens': 6,
    'gen_ai.output.messages':
      '[{"role":"assistant","parts":[{"type":"text","content":"Water first."}],"finish_reason":"stop"}]',
    'stream.outcome': 'completed',
  });
});

it('a reader of chunks that throws harms nobody', async () => {
  const { genAi, recorder } = await startGenAi();
  const stream = genAi.withChat(
    {
      ...CHAT,
      mapChunks: () => {
        throw new Error('mine');
      },
    },
    words,
  );
  expect(await STREAMS['an async iterable']?.(stream)).toBe('Water first.');
  expect(recorder.span('chat gpt-4o').attributes['stream.outcome']).toBe('completed');
});

@Controller()
class Answers {
  constructor(@Inject(GenAiTracer) private readonly genAi: GenAiTracer) {}

  @Sse('short')
  short(): Observable<MessageEvent> {
    return from(this.genAi.withChat(CHAT, words)).pipe(map((data) => ({ data })));
  }

  @Sse('endless')
  endless(): Observable<MessageEvent> {
    return from(
      this.genAi.withChat(CHAT, async function* () {
        for (;;) {
          yield 'Water ';
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      }),
    ).pipe(map((data) => ({ data })));
  }

  @Get()
  active(): unknown {
    return this.genAi.withChat(CHAT, (call) => GenAiTracer.activeCall() === call);
  }
}

describe.each(HTTP1_SERVERS)('through @Sse on $name', (server) => {
  it('request, stream and chat agree on a stream that completes', async () => {
    const app = await startApp({ server, imports: [GenAiModule], controllers: [Answers] });
    const { body } = await app.get('/short');
    expect(body).toContain('first.');
    const request = await app.recorder.waitFor('GET /short');
    const chat = app.recorder.span('chat gpt-4o');
    expect([request, chat].map(({ attributes }) => attributes['stream.outcome'])).toEqual([
      'completed',
      'completed',
    ]);
    expect(chat.spanContext().traceId).toBe(request.spanContext().traceId);
  });

  it('and on a client that leaves', async () => {
    const app = await startApp({ server, imports: [GenAiModule], controllers: [Answers] });
    const exchange = app.open({ path: '/endless' });
    await exchange.firstChunk;
    exchange.abort();
    const request = await app.recorder.waitFor('GET /endless');
    const chat = await app.recorder.waitFor('chat gpt-4o');
    expect([request, chat].map(({ attributes }) => attributes['stream.outcome'])).toEqual([
      'client_disconnect',
      'client_disconnect',
    ]);
  });
});

it('the active call is there for code that was not given it', async () => {
  const app = await startApp({ imports: [GenAiModule], controllers: [Answers] });
  expect((await app.get('/')).body).toBe('true');
});
