import { environmentName } from '../../config/environment/environment-name.js';
import { sseRoute, type SseOptions, type SseRoute } from '../../http/stream-options.js';
import { sseSpanOptions } from '../metadata/sse-span-options.js';

/** Where `@Sse` marks a handler. */
export const SSE_METADATA = '__sse__';

/** What the original gave every stream. */
const MILESTONE_EVERY_IN_DEVELOPMENT = 10;

/**
 * What is decided about a handler once; absent if it is no `@Sse` route, or its streams are not traced.
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
