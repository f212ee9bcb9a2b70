import type { Attributes } from '@opentelemetry/api';
import { defined, fieldsOf, textOf, type Fields } from '../answers/fields.js';
import { GEN_AI, MCP } from '../attribute-names.js';

/** A JSON-RPC message, as the Model Context Protocol sends it. */
export interface McpMessage {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Fields;
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

/** A connection of a client or a server, of either generation of the SDK. */
export interface McpTransport {
  onmessage?: ((message: McpMessage, ...rest: unknown[]) => void) | undefined;
  onclose?: (() => void) | undefined;
  send(message: McpMessage, ...rest: unknown[]): Promise<unknown>;
  readonly sessionId?: string | undefined;
}

/** Matches methods that name a resource. */
const OF_RESOURCES = /^(resources\/(read|subscribe|unsubscribe)|notifications\/resources\/updated)$/;

/** Returns the target of a request: its tool or its prompt. */
export function mcpTargetOf({ method, params }: McpMessage): { tool?: string; prompt?: string } {
  const name = textOf(params?.['name']);
  if (name === undefined) return {};
  if (method === 'tools/call') return { tool: name };
  return method === 'prompts/get' ? { prompt: name } : {};
}

export function spanNameOf(message: McpMessage): string {
  const { tool, prompt } = mcpTargetOf(message);
  return [message.method, tool ?? prompt].filter((part) => part !== undefined).join(' ');
}

/** Returns the attributes of a request, without those of its connection. */
export function mcpRequestAttributes(message: McpMessage): Attributes {
  const { method, params, id } = message;
  const { tool, prompt } = mcpTargetOf(message);
  return defined<Attributes>({
    [MCP.method]: method,
    [MCP.requestId]: id === undefined ? undefined : String(id),
    [MCP.resource]: OF_RESOURCES.test(method ?? '') ? textOf(params?.['uri']) : undefined,
    [GEN_AI.operation]: tool === undefined ? undefined : 'execute_tool',
    [GEN_AI.toolName]: tool,
    [GEN_AI.promptName]: prompt,
  });
}

/** The failure of a request. */
export interface McpFailure {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
  /** Whether the request was cancelled on purpose. */
  readonly expected?: true;
}

export function failureOf({ result, error }: McpMessage): McpFailure | undefined {
  if (error !== undefined) {
    const code = String(error.code);
    return defined<McpFailure>({ type: code, code, message: textOf(error.message) });
  }
  return fieldsOf(result)['isError'] === true ? { type: 'tool_error' } : undefined;
}

/** Reads which request the other side cancelled, and why. */
export function cancellationOf({
  method,
  params,
}: McpMessage): { readonly id: unknown; readonly failure: McpFailure } | undefined {
  if (method !== 'notifications/cancelled') return undefined;
  const timedOut = /timed? ?out/i.test(String(params?.['reason']));
  return {
    id: params?.['requestId'],
    failure: timedOut ? { type: 'timeout' } : { type: 'cancelled', expected: true },
  };
}
