import { Announcements } from '../../base/announcements.js';

/** The names that `@InjectMeter(name)` and `getMeterToken(name)` requested; see `tracer-names.ts`. */
export const meterNames = new Announcements<string>();

/**
 * Returns the injection token of a meter, for `inject` lists and `@Inject`. The call also registers its
 * provider.
 *
 * @param name - the instrumentation scope; default: the module's own meter
 */
export function getMeterToken(name?: string): string {
  if (name === undefined) return 'nestjs-telemetry:meter';
  meterNames.add(name);
  return `nestjs-telemetry:meter:${name}`;
}
