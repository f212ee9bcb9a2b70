import { activeContext, type FlowContext } from '../../context/flow-context.js';
import { subscribeAll, together } from '../channel.js';
import type { ClientSource } from '../client-source.js';
import { beginRequest, type OutgoingRequest } from './http-call.js';
import { outgoingUrl } from './outgoing-url.js';
import { wrapFetch } from './wrapped-fetch.js';

/**
 * A request that undici publishes. Its `headers` are names and values in turn, or one text before version
 * 6.
 */
interface UndiciRequest {
  readonly origin: string | URL;
  readonly path: string;
  readonly method: string;
  readonly headers: readonly unknown[] | string;
  addHeader(name: string, value: string): unknown;
}

interface UndiciResponse {
  readonly statusCode: number;
  /** Names and values in turn. */
  readonly headers: readonly Uint8Array[];
}

const requests = new WeakMap<object, OutgoingRequest>();

/** The source for `fetch` and undici, which publish each request before it is sent. */
export const UNDICI: ClientSource & { readonly library: 'http' } = {
  name: 'undici',
  library: 'http',
  start: () => {
    // Other runtimes have their own `fetch`.
    const hasOwnFetch = process.versions['undici'] === undefined;
    return together([followChannels(), ...(hasOwnFetch ? [wrapFetch(UNDICI)] : [])]);
  },
};

function followChannels(): () => void {
  return subscribeAll('undici', {
    'undici:request:create': (message) => {
      begin((message as { request: UndiciRequest }).request);
    },
    'undici:request:headers': (message) => {
      const { request, response } = message as { request: object; response: UndiciResponse };
      requests.get(request)?.answered({
        status: response.statusCode,
        header: (name) => headerOf(response.headers, name),
      });
    },
    'undici:request:trailers': ({ request }: { request?: object }) => {
      requests.get(request ?? {})?.end();
    },
    'undici:request:error': ({ request, error }: { request?: object; error?: unknown }) => {
      requests.get(request ?? {})?.fail(error);
    },
  });
}

function begin(request: UndiciRequest): void {
  const begun = beginRequest(
    UNDICI,
    request.method,
    outgoingUrl(String(request.origin), request.path),
    {
      has: (name) => hasHeader(request.headers, name),
      add: (name, value) => {
        request.addHeader(name, value);
      },
    },
    flowOf(request),
  );
  if (begun !== undefined) requests.set(request, begun);
}

/**
 * Returns the flow in which a request was made. A request that waited for a connection is created in the
 * flow of the request that ended; its handler may be an async resource, which knows the right flow.
 */
function flowOf(request: object): FlowContext {
  for (const key of Object.getOwnPropertySymbols(request)) {
    if (key.description !== 'handler') continue;
    const handler: unknown = Reflect.get(request, key);
    const { runInAsyncScope } = Object(handler) as { runInAsyncScope?: unknown };
    if (typeof runInAsyncScope === 'function')
      return runInAsyncScope.call(handler, activeContext) as FlowContext;
  }
  return activeContext();
}

function hasHeader(headers: UndiciRequest['headers'], name: string): boolean {
  if (typeof headers === 'string') return `\r\n${headers}`.toLowerCase().includes(`\r\n${name}:`);
  for (let index = 0; index < headers.length; index += 2) {
    if (String(headers[index]).toLowerCase() === name) return true;
  }
  return false;
}

function headerOf(headers: readonly Uint8Array[], name: string): string | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (String(headers[index]).toLowerCase() === name) return String(headers[index + 1]);
  }
  return undefined;
}
