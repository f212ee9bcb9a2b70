import type { SseSpanOptions } from '../../http/stream-options.js';
import { setSseSpanOptions } from '../metadata/sse-span-options.js';

/**
 * Changes how one `@Sse` route becomes spans; place it above or below `@Sse`.
 *
 * @param options - what differs from the instance's `sse` options; a name alone gives the
 *   stream a span of its own
 */
export function SseSpan(options: string | SseSpanOptions): MethodDecorator {
  const own: SseSpanOptions = typeof options === 'string' ? { name: options } : options;
  return (_prototype, _key, descriptor: PropertyDescriptor) => {
    setSseSpanOptions(descriptor.value as object, own);
  };
}
