import { listen } from './promise-like.js';
import { errorText, type RateLimitedLog } from '../base/rate-limited-log.js';

/** Node's own, also where a test fakes timers later. */
const nextTurn = setImmediate;
const isProduction = process.env['NODE_ENV'] === 'production';

/** What a rejection is reported by. */
export interface Reported {
  readonly name: string;
  readonly log?: RateLimitedLog | undefined;
}

/**
 * Listens to a promise that stays what its maker gave. Node takes its rejection for handled from now on; in development, one that nobody
 * was seen to handle is logged.
 */
export function listenTo(
  promise: object,
  { name, log }: Reported,
  fulfilled: (value: unknown) => void,
  rejected: (error: unknown) => void = () => undefined,
): void {
  let report: (error: unknown) => void = () => undefined;
  listen(promise, fulfilled, (error) => {
    rejected(error);
    report(error);
  });
  report = watchForHandlers(promise, name, log);
}

/**
 * In development, reports a promise that was rejected and that nobody was seen to wait for, since Node says nothing of it: a span
 * listens to it.
 *
 * **Gotchas** A handler that was attached before the promise was returned cannot be seen.
 *
 * @param name - of the span or method
 * @returns to be called with what it was rejected with
 */
function watchForHandlers(
  promise: object,
  name: string,
  log: RateLimitedLog | undefined,
): (error: unknown) => void {
  if (isProduction || log === undefined || !Object.isExtensible(promise)) return () => undefined;
  let handled = false;
  // `await` and `Promise.resolve` look at `constructor`, everything else at `then`.
  for (const key of ['then', 'constructor'] as const) {
    const value: unknown = Reflect.get(promise, key);
    if (Object.hasOwn(promise, key)) continue;
    Object.defineProperty(promise, key, {
      configurable: true,
      enumerable: false,
      get() {
        handled = true;
        Reflect.deleteProperty(promise, 'then');
        Reflect.deleteProperty(promise, 'constructor');
        return value;
      },
      set(given: unknown) {
        handled = true;
        Object.defineProperty(promise, key, { value: given, ...DATA });
      },
    });
  }
  return (error) => {
    nextTurn(() => {
      if (handled) return;
      log.warn(
        `unhandled:${name}`,
        `The promise of \`${name}\` was rejected and nobody was seen to wait for it: ${errorText(error)}. ` +
          'Without its span, Node may end the process for it. Await it, or catch what it rejects with.',
      );
    });
  };
}

const DATA = { configurable: true, enumerable: true, writable: true };
