import { guard } from '../channel.js';
import { whenSettled } from '../observed-promise.js';
import { Patches, type AnyFunction } from '../patches.js';
import { beginRequest, type OutgoingRequest } from './http-call.js';
import { outgoingUrl } from './outgoing-url.js';

type FetchArguments = Parameters<typeof fetch>;

/** Wraps the global `fetch` of runtimes that have their own, such as Bun, and publish no events for it. */
export function wrapFetch(source: { readonly name: string; readonly library: 'http' }): () => void {
  const patches = new Patches();
  patches.wrap(globalThis, 'fetch', (original: AnyFunction): AnyFunction => {
    return function (...args) {
      const [input, init] = args as FetchArguments;
      const sent = guard(source.name, () => begin(source, input, init));
      if (sent === undefined) return original.apply(this, args);
      return whenSettled(
        source.name,
        original.call(this, input, { ...init, headers: sent.headers }),
        (response) => {
          answered(sent.request, response as Response);
        },
        (error) => {
          sent.request.fail(error);
        },
      );
    };
  });
  return patches.restore;
}

function begin(
  source: { readonly name: string; readonly library: 'http' },
  input: FetchArguments[0],
  init: FetchArguments[1],
): { readonly request: OutgoingRequest; readonly headers: Headers } | undefined {
  const asked = input instanceof Request ? input : undefined;
  const address = asked?.url ?? (input as string);
  if (!URL.canParse(address)) return undefined;
  const { origin, protocol, href } = new URL(address);
  if (!protocol.startsWith('http')) return undefined;
  const headers = new Headers(init?.headers ?? asked?.headers);
  const method = (init?.method ?? asked?.method ?? 'GET').toUpperCase();
  const request = beginRequest(source, method, outgoingUrl(origin, href), {
    has: (name) => headers.has(name),
    add: (name, value) => {
      headers.set(name, value);
    },
  });
  return request && { request, headers };
}

/** Ends the call at the response's head, since the body belongs to the caller alone. */
function answered(request: OutgoingRequest, { status, headers }: Response): void {
  request.answered({ status, header: (name) => headers.get(name) });
  request.end();
}
