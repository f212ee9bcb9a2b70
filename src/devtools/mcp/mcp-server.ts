import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LIBRARY_VERSION } from '../../base/library.js';
import type { DevtoolsClient } from './devtools-client.js';
import { cutText, TOOLS } from './tools.js';

const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const PARSE_ERROR = -32_700;
const INVALID_PARAMS = -32_602;
const METHOD_NOT_FOUND = -32_601;

interface JsonRpcRequest {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/**
 * Serves the Model Context Protocol over standard input and output, with read-only tools for a devtools
 * server.
 *
 * @returns a promise that resolves when the input has ended
 * @see {@link https://modelcontextprotocol.io/specification | Model Context Protocol}
 */
export async function serveMcp(client: DevtoolsClient, input: Readable, output: Writable): Promise<void> {
  const say = (message: object): void => {
    output.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  };
  const running = new Set<Promise<void>>();
  for await (const line of createInterface({ input })) {
    if (line.trim() === '') continue;
    const work = answerLine(client, line, say).finally(() => running.delete(work));
    running.add(work);
  }
  await Promise.all(running);
}

async function answerLine(
  client: DevtoolsClient,
  line: string,
  say: (message: object) => void,
): Promise<void> {
  let request: JsonRpcRequest;
  try {
    request = JSON.parse(line) as JsonRpcRequest;
  } catch {
    say({ id: null, error: { code: PARSE_ERROR, message: 'The line is not JSON.' } });
    return;
  }
  const { id, method, params = {} } = request;
  if (id === undefined) return;
  try {
    say({ id, result: await resultOf(client, method ?? '', params) });
  } catch (error) {
    const { code = INVALID_PARAMS, message } = error as Error & { code?: number };
    say({ id, error: { code, message } });
  }
}

function resultOf(
  client: DevtoolsClient,
  method: string,
  params: Readonly<Record<string, unknown>>,
): Promise<object> | object {
  switch (method) {
    case 'initialize': {
      const asked = params['protocolVersion'];
      return {
        protocolVersion: PROTOCOL_VERSIONS.find((version) => version === asked) ?? PROTOCOL_VERSIONS[0],
        capabilities: { tools: {} },
        serverInfo: { name: 'nestjs-telemetry', version: LIBRARY_VERSION },
        instructions:
          'Ask list_errors or list_routes first, then get_trace for the trace that one of them names.',
      };
    }
    case 'ping':
      return {};
    case 'tools/list':
      return {
        tools: Object.entries(TOOLS).map(([name, { description, inputSchema }]) => ({
          name,
          description,
          inputSchema,
          annotations: { readOnlyHint: true },
        })),
      };
    case 'tools/call':
      return callTool(client, params);
    default:
      throw Object.assign(new Error(`There is no method ${method}.`), { code: METHOD_NOT_FOUND });
  }
}

/** Runs a tool. A failure is returned as a result, so that the model can read it. */
async function callTool(client: DevtoolsClient, params: Readonly<Record<string, unknown>>): Promise<object> {
  const { name, arguments: input = {} } = params;
  const tool = typeof name === 'string' && Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
  if (tool === undefined)
    throw new Error(`There is no tool ${String(name)}; known: ${Object.keys(TOOLS).join(', ')}.`);
  try {
    const text = await tool.run(client, input as Readonly<Record<string, unknown>>);
    return { content: [{ type: 'text', text: cutText(text) }] };
  } catch (error) {
    return { content: [{ type: 'text', text: (error as Error).message }], isError: true };
  }
}
