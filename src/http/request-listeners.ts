import type { EventEmitter } from 'node:events';
import { entryOf, runInEntry } from '../context/entry.js';

type Emit = (this: EventEmitter, ...args: unknown[]) => boolean;

/**
 * Has the listeners of a request or response run in the context of their entry: a connection, which many requests share, emits their events.
 *
 * @param emitter - bound to its entry already
 */
export function followListeners(emitter: EventEmitter): void {
  emitter.emit = emit as EventEmitter['emit'];
}

/** One function for all, so that a request costs no closure. */
const emit: Emit = function (this: EventEmitter, ...args: unknown[]): boolean {
  return runInEntry(entryOf(this), () => Reflect.apply(emitOf(this), this, args) as boolean);
};

/** The emitter's own method, looked up when it is called: frameworks give requests another prototype, and derive objects from them. */
function emitOf(emitter: EventEmitter): Emit {
  let prototype = Object.getPrototypeOf(emitter) as EventEmitter;
  while (prototype.emit === emit) prototype = Object.getPrototypeOf(prototype) as EventEmitter;
  return prototype.emit as Emit;
}
