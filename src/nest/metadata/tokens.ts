/** Injection token of the symbol that identifies an instance's Nest module. */
export const TELEMETRY_INSTANCE_ID = Symbol('nestjs-telemetry.instance-id');
/** Injection token of an instance's options, after its factory ran. */
export const TELEMETRY_OPTIONS = Symbol('nestjs-telemetry.options');
/** Injection token of the symbol that identifies a module made by `forFeature` or `register`. */
export const TELEMETRY_FEATURE_ID = Symbol('nestjs-telemetry.feature-id');
/** The feature id again, for a module whose page shows the metrics of its instance. */
export const TELEMETRY_SCRAPE_ID = Symbol('nestjs-telemetry.scrape-id');

let ids = 0;

/**
 * A symbol with a unique description: under `deep-hash`, Nest takes modules with equal
 * descriptions for one module.
 */
export function uniqueId(kind: string): symbol {
  ids += 1;
  return Symbol(`${kind} ${ids}`);
}
