import { isMcpStrategy, type McpStrategy } from '../../base/mcp-strategy.js';
import { TelemetryConfigError } from '../../errors.js';
import { runInContext } from '../../context/flow-context.js';
import { constructorNameOf } from '../answers/fields.js';
import type { GenAiHost } from '../genai-host.js';
import { isMcpPeer, instrumentMcp } from '../mcp/instrument-mcp.js';
import { startCall, type StartedCall } from '../run-call.js';
import { followApiPromise, isApiPromise } from './api-promise.js';
import { anthropicEndpoints } from './anthropic-request.js';
import type { ClientEndpoint, ClientRequest, InstrumentOptions } from './client-endpoint.js';
import { googleEndpoints } from './google-request.js';
import { isStream, observeStream } from './observe-stream.js';
import { openAiEndpoints } from './openai-request.js';
import { replace } from './replace.js';

const instrumented = new WeakSet();

/** Replaces the methods of a client's resource objects that call a model. The classes are left alone. */
export function instrumentClient<C extends object>(
  client: C,
  host: GenAiHost,
  options: InstrumentOptions,
): C {
  if (typeof client !== 'object' || (client as object | null) === null) throw unknownClient(client);
  if (instrumented.has(client)) return client;
  const endpoints = [openAiEndpoints, anthropicEndpoints, googleEndpoints].flatMap((find) =>
    find(client, options),
  );
  if (endpoints.length > 0) {
    for (const endpoint of endpoints) instrumentEndpoint(endpoint, host);
    followCopies(client, host, options);
  } else if (isMcpPeer(client)) {
    instrumentMcp(client, host);
  } else if (isMcpStrategy(client)) {
    instrumentMcpStrategy(client, (server) => instrumentClient(server, host, options));
  } else {
    throw unknownClient(client);
  }
  instrumented.add(client);
  return client;
}

function unknownClient(client: unknown): TelemetryConfigError {
  return new TelemetryConfigError({
    path: 'client',
    expected: 'a client of openai, @anthropic-ai/sdk, @google/genai or MCP, or an McpStrategy',
    got: constructorNameOf(client) ?? client,
    remedy: 'Run other clients inside `withChat`, with `mapChunks` for their streams.',
  });
}

/** Instruments every server that a strategy creates, after the app's own changes to it. */
function instrumentMcpStrategy({ options }: McpStrategy, instrument: (server: object) => object): void {
  const { serverMutator } = options;
  options.serverMutator = (server) => instrument(serverMutator?.(server) ?? server);
}

/** Instruments the clients that `withOptions` creates, which have their own resources. */
function followCopies(client: object, host: GenAiHost, options: InstrumentOptions): void {
  const { withOptions } = client as { withOptions?: unknown };
  if (typeof withOptions !== 'function') return;
  replace(
    client,
    'withOptions',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        return instrumentClient(original.apply(this, args) as object, host, options);
      },
  );
}

function instrumentEndpoint({ resource, method, operation, read }: ClientEndpoint, host: GenAiHost): void {
  if (typeof Reflect.get(resource, method) !== 'function') return;
  replace(
    resource,
    method,
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const manager = host.manager();
        const request = manager?.isEnabled() === true ? readRequest(read, args) : undefined;
        if (request === undefined) return original.apply(this, args);
        const started = startCall(manager, operation, request.options);
        const { input, instructions, tools } = request;
        if (input !== undefined) started.call.setInput(input);
        if (instructions !== undefined) started.call.setInstructions(instructions);
        if (tools !== undefined) started.call.setTools(tools);
        return follow(started, request, () => original.apply(this, request.args ?? args));
      },
  );
}

/** Reads a request; one that cannot be read is sent without a change. */
function readRequest(read: ClientEndpoint['read'], args: unknown[]): ClientRequest | undefined {
  try {
    return read(args);
  } catch {
    return undefined;
  }
}

function follow(started: StartedCall, request: ClientRequest, send: () => unknown): unknown {
  const settled = (value: unknown): void => {
    if (isStream(value)) {
      observeStream(value, started, request);
      return;
    }
    started.call.readResult(value);
    started.end();
  };
  let result: unknown;
  try {
    result = runInContext(started.context, send);
  } catch (error) {
    started.fail(error);
    throw error;
  }
  if (isApiPromise(result)) {
    followApiPromise(result, {
      inside: (fn) => runInContext(started.context, fn),
      parsed: settled,
      failed: (error) => {
        started.fail(error);
      },
      unparsed: () => {
        started.end();
      },
    });
    return result;
  }
  if (!(result instanceof Promise)) {
    settled(result);
    return result;
  }
  return result.then(
    (value: unknown) => {
      settled(value);
      return value;
    },
    (error: unknown) => {
      started.fail(error);
      throw error;
    },
  );
}
