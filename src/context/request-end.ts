import type { FlowRequest } from './flow-context.js';

const waiting = new WeakMap<FlowRequest, Set<() => void> | 'ended'>();

/**
 * Calls back when a request has ended, unless it has already.
 *
 * @returns forgets the callback
 */
export function atRequestEnd(request: FlowRequest | undefined, callback: () => void): () => void {
  if (request === undefined) return () => undefined;
  const known = waiting.get(request);
  if (known === 'ended') return () => undefined;
  const callbacks = known ?? new Set();
  if (known === undefined) waiting.set(request, callbacks);
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

/** Tells everybody who waits for the end of a request. */
export function requestEnded(request: FlowRequest): void {
  const callbacks = waiting.get(request);
  if (callbacks === 'ended') return;
  waiting.set(request, 'ended');
  for (const callback of callbacks ?? []) callback();
}
