import { ValueType, type Meter, type MetricOptions } from '@opentelemetry/api';
import { TelemetryConfigError, TelemetryError } from '../../errors.js';

/** The kinds of instruments that measure when they are called. */
export type SyncKind = 'counter' | 'upDownCounter' | 'histogram' | 'gauge';
/** The kinds of instruments whose callbacks run at each export. */
export type ObservableKind = 'observableCounter' | 'observableUpDownCounter' | 'observableGauge';
export type InstrumentKind = SyncKind | ObservableKind;

/** The API's method for each kind. */
export const CREATE = {
  counter: 'createCounter',
  upDownCounter: 'createUpDownCounter',
  histogram: 'createHistogram',
  gauge: 'createGauge',
  observableCounter: 'createObservableCounter',
  observableUpDownCounter: 'createObservableUpDownCounter',
  observableGauge: 'createObservableGauge',
} as const satisfies Record<InstrumentKind, keyof Meter>;

/** The identity of an instrument. Code that defines an equal instrument gets the same one. */
export interface InstrumentDefinition {
  readonly kind: InstrumentKind;
  readonly name: string;
  readonly options: MetricOptions;
}

/**
 * The names that OpenTelemetry allows.
 *
 * @see
 *   {@link https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax |
 *   Instrument name syntax}
 */
const NAME = /^[a-z][a-z0-9_.\-/]{0,254}$/i;
const MAX_UNIT = 63;

/**
 * Checks the name and the unit of an instrument.
 *
 * @throws TelemetryConfigError if the name or unit is invalid
 */
export function checkDefinition({ name, options: { unit = '' } }: InstrumentDefinition): void {
  if (!NAME.test(name)) {
    throw new TelemetryConfigError({
      path: 'instrument.name',
      expected: 'a letter, then up to 254 letters, digits and _ . - /',
      got: name,
      remedy: 'Rename the instrument.',
    });
  }
  if (unit.length > MAX_UNIT) {
    throw new TelemetryConfigError({
      path: `instrument.${name}.unit`,
      expected: `a text of at most ${MAX_UNIT} characters`,
      got: unit,
      remedy: 'Write it as UCUM does, such as `s`, `By` or `{order}`.',
    });
  }
}

/**
 * Checks that a second definition of an instrument agrees with the first one.
 *
 * @throws TelemetryError `TELEMETRY_INSTRUMENT_CONFLICT` if the definitions are incompatible
 */
export function checkSame(existing: InstrumentDefinition, wanted: InstrumentDefinition, meter: string): void {
  const difference = differenceOf(existing, wanted);
  if (difference === undefined) return;
  throw new TelemetryError(
    'TELEMETRY_INSTRUMENT_CONFLICT',
    `The instrument \`${existing.name}\` of the meter \`${meter}\` exists already, with ${difference}. ` +
      'Use the same definition, another name, or another meter.',
  );
}

function differenceOf(existing: InstrumentDefinition, wanted: InstrumentDefinition): string | undefined {
  const parts: readonly (readonly [string, (definition: InstrumentDefinition) => string])[] = [
    ['kind', ({ kind }) => kind],
    ['unit', ({ options }) => options.unit ?? ''],
    ['value type', ({ options }) => (options.valueType === ValueType.INT ? 'int' : 'double')],
  ];
  for (const [part, read] of parts) {
    if (read(existing) !== read(wanted)) {
      return `the ${part} \`${read(existing)}\` in place of \`${read(wanted)}\``;
    }
  }
  const buckets = wanted.options.advice?.explicitBucketBoundaries;
  const before = existing.options.advice?.explicitBucketBoundaries;
  return buckets !== undefined && String(buckets) !== String(before) ? 'other buckets' : undefined;
}
