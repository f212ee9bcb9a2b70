import { applyInEntry, runningEntryOf, stampEntry } from '../context/entry.js';
import type { Entry } from '../context/flow-context.js';

type Emit = (this: object, ...args: unknown[]) => boolean;

/** A request, whose `emit` belongs to whichever prototype the framework gave it. */
interface Emitter {
  emit: Emit;
}

/**
 * Has the listeners of a request run in the context of its entry: a connection, which many requests share,
 * emits their events.
 */
export function followListeners(trace: Entry & { readonly request: object }): void {
  stampEntry(trace.request, trace);
  (trace.request as Emitter).emit = emitInEntry;
}

/**
 * One for all requests: where each has a function of its own, the collector of Node 24 takes most of what
 * belongs to it for alive once it is over, and moves it to the old generation.
 */
function emitInEntry(this: object, ...args: unknown[]): boolean {
  return applyInEntry(runningEntryOf(this), inherited(this, 'emit', emitInEntry), this, args);
}

/**
 * The object's own method, looked up when it is called: frameworks give requests another prototype, and
 * derive objects from them.
 *
 * @param ours - what stands in its place
 */
export function inherited<F>(object: object, name: string, ours: F): F {
  let prototype = Object.getPrototypeOf(object) as Record<string, F>;
  while (prototype[name] === ours) prototype = Object.getPrototypeOf(prototype) as Record<string, F>;
  return prototype[name] as F;
}
