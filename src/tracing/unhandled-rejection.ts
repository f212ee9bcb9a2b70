import { errorText, type RateLimitedLog } from '../base/rate-limited-log.js';
import { listen } from './promise-like.js';

/** The name and the log for reporting a rejection. */
export interface Reported {
  /** The name of the span or method. */
  readonly name: string;
  readonly log?: RateLimitedLog | undefined;
}

/**
 * Listens to a promise without replacing it.
 *
 * **Gotchas** Node considers a promise handled once it has a listener, and does not report its rejection
 * any more. So in development every rejection is logged, even one that the caller handles.
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
