import { applyInEntry, stampEntry } from '../context/entry.js';
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
  (trace.request as Emitter).emit = function emit(this: object, ...args): boolean {
    return applyInEntry(trace, emitOf(this, emit), this, args);
  };
}

/**
 * The emitter's own method, looked up when it is called: frameworks give requests another prototype, and
 * derive objects from them.
 *
 * @param ours - what stands in its place
 */
export function emitOf(emitter: object, ours: unknown): Emit {
  let prototype = Object.getPrototypeOf(emitter) as Emitter;
  while (prototype.emit === ours) prototype = Object.getPrototypeOf(prototype) as Emitter;
  return prototype.emit;
}
