import { Announcements } from '../../base/announcements.js';

/** The names that `@InjectMeter(name)` and `getMeterToken(name)` asked for; see `tracer-names.ts`. */
export const meterNames = new Announcements<string>();

/**
 * The injection token of a meter, for `inject` lists and `@Inject`: asking for it is what makes its provider.
 *
 * @param name - instrumentation scope; default: the module's own meter
 */
export function getMeterToken(name?: string): string {
  if (name === undefined) return 'nestjs-telemetry:meter';
  meterNames.add(name);
  return `nestjs-telemetry:meter:${name}`;
}
