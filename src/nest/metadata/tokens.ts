/** The symbol that tells one instance's Nest module from another's. */
export const TELEMETRY_INSTANCE_ID = Symbol('nestjs-telemetry.instance-id');
/** The options of an instance, after its factory ran. */
export const TELEMETRY_OPTIONS = Symbol('nestjs-telemetry.options');
/** The same for a `forFeature` module. */
export const TELEMETRY_FEATURE_ID = Symbol('nestjs-telemetry.feature-id');

let ids = 0;

/** A symbol with a text of its own: where it was asked for `deep-hash`, Nest takes modules of the same text for one. */
export function uniqueId(kind: string): symbol {
  ids += 1;
  return Symbol(`${kind} ${ids}`);
}
