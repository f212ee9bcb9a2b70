import { environmentName } from '../../config/environment/environment-name.js';
import { sseRoute, type SseOptions, type SseRoute } from '../../http/stream-options.js';
import { sseSpanOptions } from '../metadata/sse-span-options.js';

/** Where `@Sse` marks a handler. */
export const SSE_METADATA = '__sse__';

/** Events between two milestones in development. */
const MILESTONE_EVERY_IN_DEVELOPMENT = 10;

/**
 * Decides once how a handler's streams are traced; `undefined` if it is no `@Sse` route, or they are not.
 *
 * @param options - of the instance that covers it
 * @param byHand - whether `SseTelemetryInterceptor` asks for it whatever the options say
 */
export function sseRouteOf(
  handler: object,
  options: false | SseOptions | undefined,
  byHand: boolean,
): SseRoute | undefined {
  if (!Reflect.hasMetadata(SSE_METADATA, handler) || (options === false && !byHand)) return undefined;
  const development = environmentName(process.env).canonical === 'development';
  const instance = options === false || options === undefined ? {} : options;
  return sseRoute(instance, sseSpanOptions(handler), development ? MILESTONE_EVERY_IN_DEVELOPMENT : 0);
}
