import { Logger } from '@nestjs/common';
import { errorText, RateLimitedLog } from '../../base/rate-limited-log.js';

const log = new RateLimitedLog(new Logger('TelemetryModule'));

/** Reports that a function which the user gave to a decorator threw; the method goes on. */
export function reportHook(hook: string, spanName: string, error: unknown): void {
  log.warn(`${hook}:${spanName}`, `\`${hook}\` of the span \`${spanName}\` threw: ${errorText(error)}`);
}
