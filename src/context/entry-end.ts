import type { Entry } from './flow-context.js';

const waiting = new WeakMap<Entry, Set<() => void>>();
/** Whether any callback was ever registered; most processes have none. */
let anyWaits = false;

/**
 * Calls a function when an entry's work ends.
 *
 * @returns a function that cancels the callback
 */
export function atEntryEnd(entry: Entry | undefined, callback: () => void): () => void {
  if (entry === undefined) return () => undefined;
  anyWaits = true;
  const callbacks = waiting.get(entry) ?? new Set();
  waiting.set(entry, callbacks.add(callback));
  return () => callbacks.delete(callback);
}

/** Runs the callbacks that wait for the end of an entry. */
export function entryEnded(entry: Entry): void {
  const callbacks = anyWaits ? waiting.get(entry) : undefined;
  if (callbacks === undefined) return;
  waiting.delete(entry);
  for (const callback of callbacks) callback();
}
