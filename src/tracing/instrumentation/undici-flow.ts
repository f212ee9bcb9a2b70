import { activeContext, bindContext, runInContext, type FlowContext } from '../../context/flow-context.js';

export type Method = (this: unknown, ...args: unknown[]) => unknown;
type Handler = Partial<Record<(typeof ANSWERED)[number], Method>>;

/**
 * Methods of a handler in which a retry or a redirect makes the next request; the last three in
 * later versions of undici.
 */
const ANSWERED = [
  'onHeaders',
  'onComplete',
  'onError',
  'onResponseStart',
  'onResponseEnd',
  'onResponseError',
] as const;

/** The flow that made a request which waits in a pool. */
const waiting = new WeakMap<object, FlowContext>();
const bound = new WeakSet();

/**
 * Keeps undici's requests in the flow that makes them. A pool hands on what waits when a connection is free,
 * and answers come on connections that others have opened: without this, a request would carry the trace of
 * the request that opened the connection.
 *
 * @param dispatch - the pool's own, by the name of a symbol, as dispatchers call it that were composed before
 */
export function poolInFlow(dispatch: Method): Method {
  return function (...args) {
    const [, handler] = args;
    if (!isHandler(handler)) return dispatch.apply(this, args);
    // Pools may hold pools.
    const context = waiting.get(handler) ?? activeContext();
    waiting.set(handler, context);
    return runInContext(context, () => dispatch.apply(this, args));
  };
}

/** Keeps the flow for a single connection, where a request is made at once. */
export function clientInFlow(dispatch: Method): Method {
  return function (...args) {
    const [, handler] = args;
    if (!isHandler(handler)) return dispatch.apply(this, args);
    const context = waiting.get(handler) ?? activeContext();
    waiting.delete(handler);
    bindAnswers(handler, context);
    return runInContext(context, () => dispatch.apply(this, args));
  };
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'object' && value !== null;
}

function bindAnswers(handler: Handler, context: FlowContext): void {
  if (bound.has(handler) || !Object.isExtensible(handler)) return;
  bound.add(handler);
  for (const name of ANSWERED) {
    const method = handler[name];
    if (typeof method === 'function') handler[name] = bindContext(context, method);
  }
}
