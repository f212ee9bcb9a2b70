import type { SseSpanOptions } from '../../http/stream-options.js';
import { setSseSpanOptions } from '../metadata/sse-span-options.js';

/**
 * Sets the span options of one `@Sse` route. Place it above or below `@Sse`.
 *
 * @param options - options that replace the instance's `sse` options; a name alone gives the stream its own
 *   span
 */
export function SseSpan(options: string | SseSpanOptions): MethodDecorator {
  const own: SseSpanOptions = typeof options === 'string' ? { name: options } : options;
  return (_prototype, _key, descriptor: PropertyDescriptor) => {
    setSseSpanOptions(descriptor.value as object, own);
  };
}
