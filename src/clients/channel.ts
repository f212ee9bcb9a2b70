import diagnostics from 'node:diagnostics_channel';
import { errorText } from '../base/rate-limited-log.js';
import { complainOf } from './client-members.js';

/** What a subscriber does with a message. */
type Listener = (message: object) => void;

/** Subscribes to channels of Node and libraries by name; a listener that throws is reported and harms nobody. */
export function subscribeAll(source: string, listeners: Readonly<Record<string, Listener>>): () => void {
  const undo = Object.entries(listeners).map(([name, listener]) => {
    // The channel object must be held: Node 20 loses the subscribers of a channel that nobody holds.
    const channel = diagnostics.channel(name);
    const guarded = (message: unknown): void => {
      guard(source, () => {
        listener(message as object);
      });
    };
    channel.subscribe(guarded);
    return () => channel.unsubscribe(guarded);
  });
  return () => {
    for (const unsubscribe of undo) unsubscribe();
  };
}

/** Runs code of ours inside a library's call. */
export function guard<T>(source: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    complainOf(source, `A call of ${source} could not be recorded: ${errorText(error)}`);
    return undefined;
  }
}
