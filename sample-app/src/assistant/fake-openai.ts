import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

interface ChatRequest {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

const TOOL_CALL = {
  id: 'call_1',
  type: 'function',
  function: { name: 'track', arguments: '{"orderId":"42"}' },
};

/** Speaks OpenAI's wire format: asks for the tool first, then says what the tool has found. */
@Injectable()
export class FakeOpenAi implements OnApplicationShutdown {
  private readonly server = createServer((request, response) => void answer(request, response));

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1').unref();
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  onApplicationShutdown(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { messages } = (await json(request)) as ChatRequest;
  const found = messages.find(({ role }) => role === 'tool');
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (part: object): void => {
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' };
    response.write(`data: ${JSON.stringify({ ...head, choices: [], ...part })}\n\n`);
  };
  const choose = (delta: object, finish_reason: string | null = null): void =>
    send({ choices: [{ index: 0, delta, finish_reason }] });

  await delay(120);
  if (found === undefined) {
    choose({ role: 'assistant', content: null, tool_calls: [{ index: 0, ...TOOL_CALL }] });
    choose({}, 'tool_calls');
    send({ usage: { prompt_tokens: 310, completion_tokens: 18, total_tokens: 328 } });
  } else {
    const { orderId, status } = JSON.parse(found.content) as { orderId: string; status: string };
    for (const word of `Order ${orderId} is ${status}, with two biscuits.`.split(/(?<= )/)) {
      await delay(30);
      choose({ role: 'assistant', content: word });
    }
    choose({}, 'stop');
    send({ usage: { prompt_tokens: 1204, completion_tokens: 318, total_tokens: 1522 } });
  }
  response.end('data: [DONE]\n\n');
}
