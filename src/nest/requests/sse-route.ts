import { environmentName } from '../../config/environment/environment-name.js';
import { sseRoute, type SseOptions, type SseRoute } from '../../http/stream-options.js';
import { sseSpanOptions } from '../metadata/sse-span-options.js';

/** The metadata key of `@Sse`. */
export const SSE_METADATA = '__sse__';

/** The number of events between two milestones in development. */
const MILESTONE_EVERY_IN_DEVELOPMENT = 10;

/**
 * Decides how a handler's streams are traced, once per handler; `undefined` if it is not an `@Sse` route,
 * or if they are not traced.
 *
 * @param options - the `sse` options of the instance that covers the handler
 * @param byHand - whether `SseTelemetryInterceptor` demands tracing regardless of the options
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
