import { AggregationTemporality, InstrumentType } from '@opentelemetry/sdk-metrics';
import type { Temporality } from '../options/metrics-options.js';

const { CUMULATIVE, DELTA } = AggregationTemporality;

/**
 * Returns the temporality of an instrument under a preference.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/ | Temporality
 *   preference}
 */
export function temporalityFor(preference: Temporality, type: InstrumentType): AggregationTemporality {
  if (preference === 'cumulative') return CUMULATIVE;
  switch (type) {
    case InstrumentType.COUNTER:
    case InstrumentType.HISTOGRAM:
      return DELTA;
    case InstrumentType.OBSERVABLE_COUNTER:
      return preference === 'delta' ? DELTA : CUMULATIVE;
    default:
      return CUMULATIVE;
  }
}
