import { applyInEntry, runningEntryOf, stampEntry } from '../context/entry.js';
import type { Entry } from '../context/flow-context.js';

type Emit = (this: Emitter, ...args: unknown[]) => boolean;

/** A request; `emit` belongs to the prototype that the framework gave it. */
interface Emitter {
  emit: Emit;
  readonly listenerCount?: (event: unknown) => number;
}

/**
 * Makes the listeners of a request run in the context of its entry, since their events come from a
 * connection that many requests share.
 */
export function followListeners(trace: Entry & { readonly request: object }): void {
  stampEntry(trace.request, trace);
  (trace.request as Emitter).emit = emitInEntry;
}

/**
 * Emits in the context of the request. All requests share this function: with one closure per request, Node
 * 24's garbage collector moves many of them to the old generation.
 */
function emitInEntry(this: Emitter, ...args: unknown[]): boolean {
  const emit = inherited(this, 'emit', emitInEntry);
  // Most events have no listener, and a context costs an object.
  if (this.listenerCount?.(args[0]) === 0) return emit.apply(this, args);
  return applyInEntry(runningEntryOf(this), emit, this, args);
}

/**
 * Returns the object's own method. It is looked up at each call, since frameworks change prototypes and
 * derive objects.
 *
 * @param ours - the replacement, which must not call itself
 */
export function inherited<F>(object: object, name: string, ours: F): F {
  let prototype = Object.getPrototypeOf(object) as Record<string, F>;
  while (prototype[name] === ours) prototype = Object.getPrototypeOf(prototype) as Record<string, F>;
  return prototype[name] as F;
}
