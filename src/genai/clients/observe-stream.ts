import { runInContext } from '../../context/flow-context.js';
import { endWhenCollected, StreamSpan, type StreamUse } from '../../tracing/stream-span.js';
import type { StartedCall } from '../run-call.js';
import type { ChunkFilter, ClientRequest } from './client-endpoint.js';

type Step = (...args: unknown[]) => Promise<IteratorResult<unknown, unknown>>;
type Steps = Partial<Record<'next' | 'return' | 'throw', Step>>;

/** A stream of a provider's client. */
interface ClientStream {
  /** Begins an iteration. The streams of OpenAI's and Anthropic's clients have this property. */
  iterator?: () => Steps;
  readonly controller?: AbortController;
  next?: unknown;
}

/** Whether a client returned a stream of chunks. */
export function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/**
 * Follows a stream for its call; the stream keeps its identity. The span ends with the stream, in any way.
 */
export function observeStream(
  source: AsyncIterable<unknown>,
  { call, span, context }: StartedCall,
  { filter, signal: given }: Pick<ClientRequest, 'filter' | 'signal'>,
): void {
  const stream = source as AsyncIterable<unknown> & ClientStream;
  const uses = new StreamSpan(span, context, undefined, call);
  const signal = stream.controller?.signal ?? given;
  const aborted = (): void => {
    uses.endUnused();
  };
  signal?.addEventListener('abort', aborted, { once: true });
  const observed = (iterator: Steps): Steps => {
    signal?.removeEventListener('abort', aborted);
    return observeSteps(iterator, uses.use(), signal, filter);
  };
  uses.watch(stream);
  if (typeof stream.iterator === 'function') {
    const begin = stream.iterator.bind(stream);
    stream.iterator = () => iterable(observed(runInContext(context, begin)));
  } else if (typeof stream.next === 'function') {
    const own = stream as unknown as Steps;
    const plain: Steps = {};
    for (const name of ['next', 'return', 'throw'] as const) {
      if (own[name] !== undefined) plain[name] = own[name].bind(stream);
    }
    const steps = observed(plain);
    for (const [name, value] of Object.entries(steps)) define(stream, name, value);
  } else {
    const begin = stream[Symbol.asyncIterator].bind(stream);
    define(stream, Symbol.asyncIterator, () =>
      iterable(observed(runInContext(context, begin) as unknown as Steps)),
    );
  }
}

function observeSteps(
  iterator: Steps,
  use: StreamUse,
  signal: AbortSignal | undefined,
  filter: ChunkFilter | undefined,
): Steps {
  let pending = 0;
  // An abort is only reported to a waiting reader. Clients also abort a failed stream, whose pending step
  // says more.
  const aborted = (): void => {
    if (pending === 0) use.endEarly();
  };
  const leave = (): void => {
    signal?.removeEventListener('abort', aborted);
    use.endEarly();
  };
  signal?.addEventListener('abort', aborted, { once: true });
  const take = (name: keyof Steps, args: unknown[]): Promise<IteratorResult<unknown, unknown>> => {
    pending += 1;
    return runInContext(use.context, iterator[name] as Step, ...args).then(
      (result) => {
        pending -= 1;
        if (result.done !== true) {
          use.chunk(result.value);
          if (filter !== undefined && !filter(result.value)) return take(name, args);
        } else {
          if (name === 'next' && signal?.aborted !== true) use.end();
          leave();
        }
        return result;
      },
      (error: unknown) => {
        pending -= 1;
        use.fail(error);
        leave();
        throw error;
      },
    );
  };
  const steps: Steps = {};
  for (const name of ['next', 'return', 'throw'] as const) {
    const step = iterator[name];
    if (typeof step === 'function') {
      iterator[name] = step.bind(iterator);
      steps[name] = (...args) => take(name, args);
    }
  }
  endWhenCollected(steps, { endEarly: leave });
  return steps;
}

/** Makes an iterator iterable, as built-in iterators are. */
function iterable(steps: Steps): Steps {
  Object.defineProperty(steps, Symbol.asyncIterator, { value: () => steps });
  return steps;
}

function define(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}
