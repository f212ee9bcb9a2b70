import { Announcements } from '../../base/announcements.js';

/**
 * The names that `@InjectTracer(name)` and `getTracerToken(name)` requested. Most decorators run before any
 * module exists; those of a lazily loaded file run after all of them. Both must find a provider.
 */
export const tracerNames = new Announcements<string>();

/**
 * Returns the injection token of a tracer, for `inject` lists and `@Inject`. The call also registers its
 * provider.
 *
 * @param name - the instrumentation scope; default: the module's own tracer
 */
export function getTracerToken(name?: string): string {
  if (name === undefined) return 'nestjs-telemetry:tracer';
  tracerNames.add(name);
  return `nestjs-telemetry:tracer:${name}`;
}
