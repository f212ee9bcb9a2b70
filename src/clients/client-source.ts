import type { ClientLibrary } from '../config/clients-config.js';

/**
 * One way to observe a library's calls: through a channel that it publishes, or through a wrapped function.
 */
export interface ClientSource {
  /** The name of the package or of Node's module. */
  readonly name: string;
  /** The option that controls the source. */
  readonly library: ClientLibrary;
  /** Begins to observe calls. @returns a function that removes all subscribers and wrappers */
  start(): () => void;
  /** Looks for the library in objects of the app, such as pools that Nest injects. */
  adopt?(instances: Iterable<object>): void;
}
