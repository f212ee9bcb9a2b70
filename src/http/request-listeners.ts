import { applyInEntry, stampEntry } from '../context/entry.js';
import type { Entry } from '../context/flow-context.js';

type Emit = (this: object, ...args: unknown[]) => boolean;

/** A request; `emit` belongs to the prototype that the framework gave it. */
interface Emitter {
  emit: Emit;
}

/**
 * Makes the listeners of a request run in the context of its entry, since their events come from a
 * connection that many requests share.
 */
export function followListeners(trace: Entry & { readonly request: object }): void {
  stampEntry(trace.request, trace);
  (trace.request as Emitter).emit = function emit(this: object, ...args): boolean {
    return applyInEntry(trace, emitOf(this, emit), this, args);
  };
}

/**
 * Returns the emitter's own method. It is looked up at each call, since frameworks change prototypes and
 * derive objects.
 *
 * @param ours - the replacement, which must not call itself
 */
export function emitOf(emitter: object, ours: unknown): Emit {
  let prototype = Object.getPrototypeOf(emitter) as Emitter;
  while (prototype.emit === ours) prototype = Object.getPrototypeOf(prototype) as Emitter;
  return prototype.emit;
}
