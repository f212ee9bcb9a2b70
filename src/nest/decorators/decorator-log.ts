import { Logger } from '@nestjs/common';
import { errorText, RateLimitedLog } from '../../base/rate-limited-log.js';

/** The log of decorators; at most one line a minute per cause. */
export const decoratorLog = new RateLimitedLog(new Logger('TelemetryModule'));

/** Reports an error in a function that a user gave to a decorator. The method continues. */
export function reportHook(hook: string, spanName: string, error: unknown): void {
  decoratorLog.warn(
    `${hook}:${spanName}`,
    `\`${hook}\` of the span \`${spanName}\` threw: ${errorText(error)}`,
  );
}
