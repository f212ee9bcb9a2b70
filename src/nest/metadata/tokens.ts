/** The injection token of the symbol that identifies an instance's Nest module. */
export const TELEMETRY_INSTANCE_ID = Symbol('nestjs-telemetry.instance-id');
/** The injection token of an instance's options, after its factory ran. */
export const TELEMETRY_OPTIONS = Symbol('nestjs-telemetry.options');
/** The injection token of the symbol that identifies a module created by `forFeature` or `register`. */
export const TELEMETRY_FEATURE_ID = Symbol('nestjs-telemetry.feature-id');
/** The injection token of the same symbol, for a module whose page shows the metrics of its instance. */
export const TELEMETRY_SCRAPE_ID = Symbol('nestjs-telemetry.scrape-id');

let ids = 0;

/**
 * Returns a symbol with a unique description. With `deep-hash`, Nest would treat modules with equal
 * descriptions as one.
 */
export function uniqueId(kind: string): symbol {
  ids += 1;
  return Symbol(`${kind} ${ids}`);
}
