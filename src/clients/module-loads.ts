import nodeModule from 'node:module';
import { nodeRequire } from '../base/node-require.js';
import { isPublished, subscribeAll } from './channel.js';
import { Patches, type AnyFunction } from './patches.js';

const REQUIRED = 'tracing:module.require:end';

/** Called with a requested package, file or address. */
type LoadListener = (requested: string) => void;

const listeners = new Set<LoadListener>();
let stop: (() => void) | undefined;

/**
 * Calls `listener` after each module that is loaded from now on, so that a library may be imported at any
 * time.
 *
 * @returns a function that removes the listener
 */
export function onModuleLoad(listener: LoadListener): () => void {
  listeners.add(listener);
  stop ??= publishesLoads() ? followChannels() : wrapLoader();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stop?.();
    stop = undefined;
  };
}

function followChannels(): () => void {
  return subscribeAll('modules', {
    [REQUIRED]: ({ id }: { id?: unknown }) => {
      tell(id);
    },
    'tracing:module.import:asyncEnd': ({ url }: { url?: unknown }) => {
      tell(url);
    },
  });
}

/**
 * Wraps Node's CommonJS loader, since Node 20 publishes no loads. ES modules that import CommonJS use it,
 * too.
 */
function wrapLoader(): () => void {
  const patches = new Patches();
  patches.wrap(nodeModule, '_load', (load: AnyFunction) => {
    return function (...args) {
      const exports = load.apply(this, args);
      tell(args[0]);
      return exports;
    };
  });
  return patches.restore;
}

function tell(requested: unknown): void {
  if (typeof requested !== 'string') return;
  for (const listener of listeners) listener(requested);
}

/** Whether this Node publishes module loads; tested with a module of this library. */
function publishesLoads(): boolean {
  return isPublished(REQUIRED, () => nodeRequire('node:path'));
}
