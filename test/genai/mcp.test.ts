import { Client as NewClient } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as OldTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer as OldServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InMemoryTransport as NewTransport, McpServer as NewServer } from '@modelcontextprotocol/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TracerManager } from '../../src/index.js';
import { PLAIN_SPAN, shapeOf } from '../support/span-shape.js';
import { startGenAi, type GenAiBench } from './support/start.js';

interface Caller {
  connect(transport: never): Promise<void>;
  callTool(params: { name: string; arguments?: Record<string, unknown> }): Promise<unknown>;
  listTools(): Promise<unknown>;
  getPrompt(params: { name: string }): Promise<unknown>;
  close(): Promise<void>;
}

interface Server {
  tool(name: string, run: () => unknown): void;
  prompt(name: string): void;
  readonly server: object & { connect(transport: never): Promise<void> };
}

/** One generation of the SDK. */
interface Kit {
  client(): Caller & object;
  server(): Server;
  pair(): [unknown, unknown];
}

const INFO = { name: 'test', version: '1' };
const MESSAGES = { messages: [{ role: 'user' as const, content: { type: 'text' as const, text: 'hi' } }] };

const OLD: Kit = {
  client: () => new OldClient(INFO),
  server: () => {
    const server = new OldServer(INFO);
    return {
      server: server,
      tool: (name, run) => void server.registerTool(name, {}, run as never),
      prompt: (name) => void server.registerPrompt(name, {}, () => MESSAGES),
    };
  },
  pair: () => OldTransport.createLinkedPair(),
};

const NEW: Kit = {
  client: () => new NewClient(INFO),
  server: () => {
    const server = new NewServer(INFO);
    return {
      server: server,
      tool: (name, run) => void server.registerTool(name, {}, run as never),
      prompt: (name) => void server.registerPrompt(name, {}, () => MESSAGES as never),
    };
  },
  pair: () => NewTransport.createLinkedPair(),
};

const OK = { content: [{ type: 'text', text: 'sunny' }] };

async function connect(kit: Kit, bench: GenAiBench, define: (server: Server) => void): Promise<Caller> {
  const server = kit.server();
  define(server);
  const [here, there] = kit.pair();
  const client = bench.genAi.instrument(kit.client());
  bench.genAi.instrument(server.server);
  await server.server.connect(there as never);
  await client.connect(here as never);
  onTestFinished(() => client.close());
  bench.recorder.clear();
  return client;
}

describe.each([
  ['the SDK 1.x', OLD],
  ['the split packages 2.x', NEW],
])('%s', (_name, kit) => {
  it('a call of a tool is a client span with a server span below it, and the tool runs in that', async () => {
    const bench = await startGenAi();
    const client = await connect(kit, bench, (server) => {
      server.tool('weather', () => bench.manager.withSpan('forecast', () => OK));
    });
    expect(await bench.manager.withSpan('work', () => client.callTool({ name: 'weather' }))).toMatchObject(
      OK,
    );
    await bench.recorder.waitFor('work');
    expect(bench.recorder.tree()).toEqual([
      {
        name: 'work',
        children: [
          {
            name: 'tools/call weather',
            children: [{ name: 'tools/call weather', children: [{ name: 'forecast', children: [] }] }],
          },
        ],
      },
    ]);
    const calls = bench.recorder.spans().filter(({ name }) => name === 'tools/call weather');
    expect(calls.map((span) => ({ ...shapeOf(span), parent: undefined }))).toMatchObject(
      (['SERVER', 'CLIENT'] as const).map((kind) => ({
        ...PLAIN_SPAN,
        name: 'tools/call weather',
        kind,
        links: kind === 'CLIENT' ? [] : expect.anything(),
        attributes: {
          'mcp.method.name': 'tools/call',
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'weather',
          'jsonrpc.request.id': expect.any(String),
        },
      })),
    );
  });

  it('lists, prompts and failures have names, types and codes', async () => {
    const bench = await startGenAi();
    const client = await connect(kit, bench, (server) => {
      server.tool('broken', () => ({ content: [{ type: 'text', text: 'no' }], isError: true }));
      server.prompt('greeting');
    });
    await client.listTools();
    await client.getPrompt({ name: 'greeting' });
    await client.callTool({ name: 'broken' });
    await client.getPrompt({ name: 'unknown' }).catch(() => undefined);
    expect(
      bench.recorder
        .spans()
        .map(({ name, attributes, status }) => [
          name,
          attributes['gen_ai.prompt.name'],
          attributes['error.type'],
          attributes['rpc.response.status_code'],
          status.code,
        ]),
    ).toEqual(
      [
        ['tools/list', undefined, undefined, undefined, 0],
        ['prompts/get greeting', 'greeting', undefined, undefined, 0],
        ['tools/call broken', undefined, 'tool_error', undefined, 2],
        ['prompts/get unknown', 'unknown', '-32602', '-32602', 2],
      ].flatMap((row) => [row, row]),
    );
  });

  it('inside an `execute_tool` span, the client adds to that one', async () => {
    const bench = await startGenAi();
    const client = await connect(kit, bench, (server) => {
      server.tool('weather', () => OK);
    });
    await bench.genAi.withTool({ name: 'weather' }, () => client.callTool({ name: 'weather' }));
    await bench.recorder.waitFor('execute_tool weather');
    expect(bench.recorder.tree()).toEqual([
      { name: 'execute_tool weather', children: [{ name: 'tools/call weather', children: [] }] },
    ]);
    expect(bench.attributes('execute_tool weather')).toMatchObject({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'weather',
    });
  });

  it('arguments and results are recorded where captured alone', async () => {
    const values = async (capture: boolean): Promise<unknown> => {
      const bench = await startGenAi({ capture });
      const client = await connect(kit, bench, (server) => {
        server.tool('weather', () => OK);
      });
      await client.callTool({ name: 'weather', arguments: {} });
      const { attributes } = bench.recorder.span('tools/call weather');
      return [attributes['gen_ai.tool.call.arguments'], attributes['gen_ai.tool.call.result']];
    };
    expect(await values(false)).toEqual([undefined, undefined]);
    expect(await values(true)).toEqual(['{}', expect.stringContaining('sunny')]);
  });

  it('requests that nobody answers end with the connection', async () => {
    const bench = await startGenAi();
    const client = await connect(kit, bench, (server) => {
      server.tool('endless', () => new Promise(() => undefined));
    });
    const failed = client.callTool({ name: 'endless' }).catch((error: unknown) => error);
    await new Promise(setImmediate);
    await client.close();
    await failed;
    await bench.recorder.waitFor('tools/call endless');
    expect(
      bench.recorder
        .spans()
        .filter(({ name }) => name === 'tools/call endless')
        .map(({ attributes }) => attributes['error.type']),
    ).toEqual(['connection_closed', 'connection_closed']);
  });
});

it('the context travels in `_meta`, and what the app wrote there stays', async () => {
  const bench = await startGenAi();
  const sent: { params?: { _meta?: Record<string, unknown> } }[] = [];
  const [here, there] = OldTransport.createLinkedPair();
  const original = here.send.bind(here);
  here.send = (message, options) => {
    sent.push(message as never);
    return original(message, options);
  };
  const server = OLD.server();
  server.tool('weather', () => OK);
  await server.server.connect(there as never);
  const client = bench.genAi.instrument(new OldClient(INFO));
  await client.connect(here);
  onTestFinished(() => client.close());
  sent.length = 0;
  await bench.manager.withSpan('work', () => client.callTool({ name: 'weather', _meta: { mine: 1 } }));
  const { traceId, spanId } = bench.recorder.span('tools/call weather').spanContext();
  expect(sent[0]?.params?._meta).toEqual({ mine: 1, traceparent: `00-${traceId}-${spanId}-01` });
  expect(bench.manager).toBeInstanceOf(TracerManager);
});
