import { isObservable } from 'rxjs';
import {
  activeContext,
  Flow,
  runInContext,
  type FlowContext,
  type FlowTarget,
} from '../context/flow-context.js';
import type { Generation } from '../pipeline/generations/generation.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { observeLike } from './context-subscriber.js';
import { makesOwnPromises, promiseKind } from './promise-like.js';
import type { RateLimitedLog } from '../base/rate-limited-log.js';
import { bindLazy } from './span-lazy.js';
import { listenTo } from './unhandled-rejection.js';

const NOTHING_TO_DO = { closed: () => undefined };

/**
 * Runs `fn` in a flow whose spans of this pipeline go to `target`. A stream that `fn` returns stays in the
 * flow.
 */
export function runTowards<T>(pipeline: Pipeline, target: FlowTarget<Generation>, fn: () => T): T {
  const context = activeContext();
  const flow = context.flow ?? new Flow(undefined, undefined, undefined, undefined);
  return runInFlow(context.withFlow(flow.withTarget(pipeline, target)), fn, pipeline.log);
}

/**
 * Runs `fn` in a context, and also the later work of its result: an Observable's producer, an async
 * iterable's steps, a web stream's reads, a lazy object's `then`, even behind a promise. The result itself
 * is returned; only the promise of an `async` function is replaced by an equivalent one.
 *
 * **Gotchas** An Observable behind another function's promise is not bound.
 *
 * @param log - reports rejections of promises that are returned unchanged
 */
export function runInFlow<T>(context: FlowContext, fn: () => T, log?: RateLimitedLog): T {
  const result = runInContext(context, fn);
  if (typeof result !== 'object' || result === null) return result;
  const kind = promiseKind(result);
  if (kind === 'none') return bound(context, result) as T;
  if (kind === 'lazy') return bindLazy(context, result);
  if (makesOwnPromises(fn)) {
    return (result as Promise<unknown> & T).then((value: unknown) => bound(context, value)) as T;
  }
  // Another library's promise is not replaced. Its result is bound if the object allows it.
  listenTo(result, { name: fn.name || 'a flow', log }, (value) => bound(context, value));
  return result;
}

function bound(context: FlowContext, result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  if (isObservable(result))
    return observeLike(result, { begin: () => ({ context, listener: NOTHING_TO_DO }) });
  if (result instanceof ReadableStream) bindReaders(context, result);
  if (Symbol.asyncIterator in result) bindIterator(context, result as AsyncIterable<unknown>);
  return result;
}

/**
 * Binds the methods of a generator. Each step would otherwise run in the context where `next` is called.
 * The methods are replaced on the object, which keeps its identity.
 */
function bindIterator(context: FlowContext, iterable: AsyncIterable<unknown>): void {
  if ('next' in iterable) {
    bindSteps(context, iterable as AsyncIterableIterator<unknown>);
    return;
  }
  const start = iterable[Symbol.asyncIterator].bind(iterable);
  define(iterable, Symbol.asyncIterator, () => {
    const iterator = runInContext(context, start);
    bindSteps(context, iterator);
    return iterator;
  });
}

function bindSteps(context: FlowContext, iterator: AsyncIterator<unknown>): void {
  for (const step of ['next', 'return', 'throw'] as const) bindMethod(context, iterator, step);
}

/**
 * Binds the readers of a web stream, which pulls from its source in its reader's context. Piping is not
 * bound, since the destination belongs to the consumer.
 */
function bindReaders(context: FlowContext, stream: ReadableStream): void {
  const getReader = stream.getReader.bind(stream) as (options?: unknown) => object;
  define(stream, 'getReader', (options?: unknown) => {
    const reader = getReader(options);
    for (const method of ['read', 'cancel']) bindMethod(context, reader, method);
    return reader;
  });
}

function bindMethod(context: FlowContext, target: object, name: string): void {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') return;
  const bound = method.bind(target) as (value: unknown) => unknown;
  define(target, name, (value: unknown) => runInContext(context, bound, value));
}

function define(target: object, key: PropertyKey, value: unknown): void {
  if (Object.isExtensible(target))
    Object.defineProperty(target, key, { value, configurable: true, writable: true });
}
