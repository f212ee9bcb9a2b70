import type { SseSpanOptions } from '../../http/stream-options.js';

const SSE_SPAN = 'nestjs-telemetry:sse-span';

/**
 * Changes how one `@Sse` route becomes spans; place it above or below `@Sse`.
 *
 * @param options - what differs from the instance's `sse` options; a name alone gives the stream a span of its own
 */
export function SseSpan(options: string | SseSpanOptions): MethodDecorator {
  const own: SseSpanOptions = typeof options === 'string' ? { name: options } : options;
  return (_prototype, _key, descriptor: PropertyDescriptor) => {
    Reflect.defineMetadata(SSE_SPAN, own, descriptor.value as object);
  };
}

/** What `@SseSpan` says of a handler. */
export function sseSpanOptions(handler: object): SseSpanOptions {
  return (Reflect.getMetadata(SSE_SPAN, handler) as SseSpanOptions | undefined) ?? {};
}
