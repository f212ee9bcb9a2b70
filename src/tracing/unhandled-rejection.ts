import { errorText, type RateLimitedLog } from '../base/rate-limited-log.js';
import { listen } from './promise-like.js';

/** The name and the log for reporting a rejection. */
export interface Reported {
  /** Name of the span or method. */
  readonly name: string;
  readonly log?: RateLimitedLog | undefined;
}

/**
 * Listens to a promise that stays what its maker gave.
 *
 * **Gotchas** Node takes a promise that is listened to for handled, and tells nobody who else waits for it.
 * So each rejection is noted in the log in development, also one that its caller handles.
 */
export function listenTo(
  promise: object,
  { name, log }: Reported,
  fulfilled: (value: unknown) => void,
  rejected: (error: unknown) => void = () => undefined,
): void {
  listen(promise, fulfilled, (error) => {
    rejected(error);
    if (log === undefined || process.env['NODE_ENV'] === 'production') return;
    log.note(
      `rejected:${name}`,
      `The promise that \`${name}\` returned was rejected: ${errorText(error)}. Telemetry listens to ` +
        'this promise, ' +
        'so Node does not report the rejection if nobody handles it.',
    );
  });
}
