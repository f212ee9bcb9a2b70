import type { EventEmitter } from 'node:events';
import { entryOf, runInEntry } from '../context/entry.js';

type Emit = (this: EventEmitter, ...args: unknown[]) => boolean;

/** A request or response, whose `emit` belongs to whichever prototype the framework gave it. */
interface Emitter {
  emit: Emit;
}

/**
 * Has the listeners of a request or response run in the context of their entry: a connection, which many
 * requests share, emits their events.
 *
 * @param emitter - bound to its entry already
 */
export function followListeners(emitter: EventEmitter): void {
  (emitter as unknown as Emitter).emit = emit;
}

/** One function for all, so that a request costs no closure. */
function emit(this: EventEmitter, ...args: unknown[]): boolean {
  return runInEntry(entryOf(this), () => emitOf(this).apply(this, args));
}

/**
 * The emitter's own method, looked up when it is called: frameworks give requests another prototype, and
 * derive objects from them.
 */
function emitOf(emitter: EventEmitter): Emit {
  let prototype = Object.getPrototypeOf(emitter) as Emitter;
  while (prototype.emit === emit) prototype = Object.getPrototypeOf(prototype) as Emitter;
  return prototype.emit;
}
