import { fieldsOf } from '../answers/fields.js';
import { replace } from '../clients/replace.js';
import type { GenAiHost } from '../genai-host.js';
import { withholdModelError } from '../model-error.js';
import { showsErrors } from '../run-call.js';
import { McpConnection, type McpRole } from './mcp-connection.js';
import type { McpMessage, McpTransport } from './mcp-message.js';

/** The members that clients and servers of both generations of the SDK share. */
interface McpPeer {
  connect(transport: McpTransport, ...rest: unknown[]): Promise<void>;
  readonly transport?: McpTransport | undefined;
}

const watched = new WeakSet();

/** Whether an object is a `Client`, a `Server` or an `McpServer` of the Model Context Protocol. */
export function isMcpPeer(value: object): boolean {
  return isPeer(value) || isPeer(fieldsOf(value)['server']);
}

function isPeer(value: unknown): value is McpPeer {
  const { connect, setRequestHandler, notification } = fieldsOf(value);
  return [connect, setRequestHandler, notification].every((method) => typeof method === 'function');
}

/**
 * Watches the messages of a client or a server, on any transport, over its current and all later
 * connections.
 */
export function instrumentMcp(peer: object, host: GenAiHost): void {
  const { server } = peer as { server?: unknown };
  const protocol = (isPeer(peer) ? peer : server) as McpPeer;
  const role: McpRole = 'callTool' in protocol ? 'client' : 'server';
  if (role === 'client') withholdFailures(protocol, host);
  if (protocol.transport !== undefined) watch(protocol.transport, role, host);
  replace(
    protocol,
    'connect',
    (connect) =>
      function (this: unknown, transport: unknown, ...rest: unknown[]) {
        watch(transport as McpTransport, role, host);
        return connect.call(this, transport, ...rest);
      },
  );
}

/** Withholds the messages of a server's errors, which may repeat the arguments of a call. */
function withholdFailures(client: object, host: GenAiHost): void {
  for (const method of ['request', 'callTool', 'getPrompt', 'readResource', 'complete']) {
    if (typeof Reflect.get(client, method) !== 'function') continue;
    replace(
      client,
      method,
      (original) =>
        function (this: unknown, ...args: unknown[]) {
          const result = original.apply(this, args);
          if (!(result instanceof Promise)) return result;
          return result.catch((error: unknown) => {
            const manager = host.manager();
            if (manager?.isEnabled() === true && !showsErrors(manager)) withholdModelError(error);
            throw error;
          });
        },
    );
  }
}

function watch(transport: McpTransport, role: McpRole, host: GenAiHost): void {
  if (watched.has(transport)) return;
  watched.add(transport);
  const connection = new McpConnection(transport, role, host);
  const send = transport.send.bind(transport);
  Object.defineProperty(transport, 'send', {
    configurable: true,
    writable: true,
    value: (message: McpMessage, ...rest: unknown[]) =>
      connection.sending(message, (sent) => send(sent, ...rest)),
  });
  intercept(transport, 'onmessage', (handler) => (message, ...rest) => {
    connection.receiving(message as McpMessage, () => {
      handler(message, ...rest);
    });
  });
  intercept(transport, 'onclose', (handler) => (...args) => {
    connection.close();
    handler(...args);
  });
}

type Handler = (...args: unknown[]) => void;

/**
 * Intercepts a transport's handler. Protocols assign their handlers when they connect and read the previous
 * ones; HTTP transports pass them on to an inner transport.
 */
function intercept(
  transport: McpTransport,
  name: 'onmessage' | 'onclose',
  wrap: (handler: Handler) => Handler,
): void {
  const inner = accessorOf(transport, name);
  const wrapped = new WeakMap<Handler, Handler>();
  let current: Handler | undefined;
  const assign = (handler: Handler | undefined): void => {
    current = handler === undefined ? undefined : (wrapped.get(handler) ?? wrap(handler));
    if (handler !== undefined && current !== undefined) wrapped.set(handler, current);
    inner?.set?.call(transport, current);
  };
  assign(transport[name] as Handler | undefined);
  Object.defineProperty(transport, name, {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: assign,
  });
}

/** Returns the accessor of a property, if its class defines one. */
function accessorOf(transport: object, name: string): PropertyDescriptor | undefined {
  for (let owner: unknown = transport; owner !== null; owner = Object.getPrototypeOf(owner)) {
    const found = Object.getOwnPropertyDescriptor(owner, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
