import type { SseSpanOptions } from '../../http/stream-options.js';

const SSE_SPAN = 'nestjs-telemetry:sse-span';

/** Notes the options of `@SseSpan` on a handler. */
export function setSseSpanOptions(handler: object, options: SseSpanOptions): void {
  Reflect.defineMetadata(SSE_SPAN, options, handler);
}

/** The options that `@SseSpan` gave a handler; none without it. */
export function sseSpanOptions(handler: object): SseSpanOptions {
  return (Reflect.getMetadata(SSE_SPAN, handler) as SseSpanOptions | undefined) ?? {};
}
