import { compileWildcard } from '../../context/name-patterns.js';
import type { ViewOptions } from '../../sdk/view-options.js';

/** Properties by which views choose instruments. */
export interface ViewTarget {
  readonly meter: string;
  readonly name: string;
  readonly unit: string | undefined;
  /** The SDK's name of its kind, such as `HISTOGRAM`. */
  readonly type: string;
}

/** Whether the SDK applies a view to an instrument, or may do so for one version of its meter. */
export function appliesTo(view: ViewOptions, { meter, name, unit = '', type }: ViewTarget): boolean {
  return (
    (view.instrumentName === undefined || compileWildcard(view.instrumentName)(name)) &&
    (view.instrumentType ?? type) === type &&
    (view.instrumentUnit ?? unit) === unit &&
    (view.meterName ?? meter) === meter
  );
}
