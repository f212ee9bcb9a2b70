import { Logger } from '@nestjs/common';
import { errorText, RateLimitedLog } from '../../base/rate-limited-log.js';

/** Where decorators report; at most once a minute per cause. */
export const decoratorLog = new RateLimitedLog(new Logger('TelemetryModule'));

/** Reports that a function which the user gave to a decorator threw; the method goes on. */
export function reportHook(hook: string, spanName: string, error: unknown): void {
  decoratorLog.warn(
    `${hook}:${spanName}`,
    `\`${hook}\` of the span \`${spanName}\` threw: ${errorText(error)}`,
  );
}
