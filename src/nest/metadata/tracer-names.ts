import { Announcements } from '../../base/announcements.js';

/**
 * The names that `@InjectTracer(name)` and `getTracerToken(name)` asked for. Decorators run before any module
 * exists, and a lazily loaded file's after all of them: both must find a provider.
 */
export const tracerNames = new Announcements<string>();

/**
 * The injection token of a tracer, for `inject` lists and `@Inject`: asking for it is
 * what makes its provider.
 *
 * @param name - instrumentation scope; default: the module's own tracer
 */
export function getTracerToken(name?: string): string {
  if (name === undefined) return 'nestjs-telemetry:tracer';
  tracerNames.add(name);
  return `nestjs-telemetry:tracer:${name}`;
}
