import type { SseSpanOptions } from '../../http/stream-options.js';

const SSE_SPAN = 'nestjs-telemetry:sse-span';

/** Stores the options of `@SseSpan` for a handler. */
export function setSseSpanOptions(handler: object, options: SseSpanOptions): void {
  Reflect.defineMetadata(SSE_SPAN, options, handler);
}

/** Returns the options of a handler's `@SseSpan`; empty without it. */
export function sseSpanOptions(handler: object): SseSpanOptions {
  return (Reflect.getMetadata(SSE_SPAN, handler) as SseSpanOptions | undefined) ?? {};
}
