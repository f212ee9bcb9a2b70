import { activeContext, bindContext, runInContext, type FlowContext } from '../../context/flow-context.js';

export type DispatchMethod = (this: unknown, ...args: unknown[]) => unknown;
type Handler = Partial<Record<(typeof ANSWERED)[number], DispatchMethod>>;

/**
 * Methods of a handler in which a retry or redirect starts the next request; the last three exist in later
 * versions of undici.
 */
const ANSWERED = [
  'onHeaders',
  'onComplete',
  'onError',
  'onResponseStart',
  'onResponseEnd',
  'onResponseError',
] as const;

/** The flow of each request that waits in a pool. */
const waiting = new WeakMap<object, FlowContext>();
const bound = new WeakSet();

/**
 * Keeps undici's requests in their callers' flows. A pool sends waiting requests when a connection is free,
 * and responses arrive on connections that other requests opened. Without this, a request would carry
 * another request's trace.
 *
 * @param dispatch - the pool's own method, stored under a symbol, as previously composed dispatchers call
 *   it
 */
export function poolInFlow(dispatch: DispatchMethod): DispatchMethod {
  return function (...args) {
    const [, handler] = args;
    if (!isHandler(handler)) return dispatch.apply(this, args);
    // A pool may contain pools.
    const context = waiting.get(handler) ?? activeContext();
    waiting.set(handler, context);
    return runInContext(context, () => dispatch.apply(this, args));
  };
}

/** Keeps the flow for a single connection, which sends a request at once. */
export function clientInFlow(dispatch: DispatchMethod): DispatchMethod {
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
