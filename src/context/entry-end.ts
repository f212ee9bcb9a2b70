import type { Entry } from './flow-context.js';

const waiting = new WeakMap<Entry, Set<() => void>>();

/**
 * Calls a function when an entry's work ends.
 *
 * @returns a function that cancels the callback
 */
export function atEntryEnd(entry: Entry | undefined, callback: () => void): () => void {
  if (entry === undefined) return () => undefined;
  const callbacks = waiting.get(entry) ?? new Set();
  waiting.set(entry, callbacks.add(callback));
  return () => callbacks.delete(callback);
}

/** Runs the callbacks that wait for the end of an entry. */
export function entryEnded(entry: Entry): void {
  const callbacks = waiting.get(entry);
  if (callbacks === undefined) return;
  waiting.delete(entry);
  for (const callback of callbacks) callback();
}
