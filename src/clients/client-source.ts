import type { ClientLibrary } from '../config/clients-config.js';

/**
 * One way in which calls of a library are noticed: a channel that it publishes, or a
 * function of it that is wrapped.
 */
export interface ClientSource {
  /** Name of the package or of Node's module. */
  readonly name: string;
  /** Option that switches it. */
  readonly library: ClientLibrary;
  /** @returns takes everything back: no subscriber stays and no function stays wrapped */
  start(): () => void;
  /** Looks for the library behind objects of the app, such as pools that Nest injects. */
  adopt?(instances: Iterable<object>): void;
}
