import { compileWildcard } from '../../context/name-patterns.js';
import type { ViewOptions } from '../../sdk/view-options.js';

/** The properties by which views select instruments. */
export interface ViewTarget {
  readonly meter: string;
  readonly name: string;
  readonly unit: string | undefined;
  /** The SDK's name of the instrument's kind, such as `HISTOGRAM`. */
  readonly type: string;
}

/** Whether a view applies to an instrument, for any version of its meter. */
export function appliesTo(view: ViewOptions, { meter, name, unit = '', type }: ViewTarget): boolean {
  return (
    (view.instrumentName === undefined || compileWildcard(view.instrumentName)(name)) &&
    (view.instrumentType ?? type) === type &&
    (view.instrumentUnit ?? unit) === unit &&
    (view.meterName ?? meter) === meter
  );
}
