import { createParamDecorator } from '@nestjs/common';
import { TelemetryConfigError } from '../../errors.js';
import {
  checkDefinition,
  type InstrumentDefinition,
  type InstrumentKind,
} from '../../metrics/instruments/instrument-definition.js';
import { instrumentName, type OtelMetricOptions } from '../services/metric.service.js';
import { InstrumentPipe } from './instrument.pipe.js';

/**
 * Hands an instrument of the module's instance to a handler's parameter; the same for every request, and for every parameter of that name.
 *
 * **Gotchas** Where the name is taken by another instrument, that is logged, and the handler gets one that measures nothing.
 *
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the name is missing, or none that a receiver takes
 */
export type MetricParamDecorator = (name: string, options?: OtelMetricOptions) => ParameterDecorator;

/** The pipe knows the module, and thereby the instance. */
const instrument = createParamDecorator<InstrumentDefinition>(() => undefined);

/** Something that only grows. */
export const OtelCounter = parameter('OtelCounter', 'counter');
/** Something that grows and shrinks. */
export const OtelUpDownCounter = parameter('OtelUpDownCounter', 'upDownCounter');
/** How values are distributed. */
export const OtelHistogram = parameter('OtelHistogram', 'histogram');
/** A value that is set. */
export const OtelGauge = parameter('OtelGauge', 'gauge');
/** A value that is asked for at each export, by what `addCallback` was given. */
export const OtelObservableGauge = parameter('OtelObservableGauge', 'observableGauge');
/** A total that is asked for at each export, by what `addCallback` was given. */
export const OtelObservableCounter = parameter('OtelObservableCounter', 'observableCounter');
/** An amount that is asked for at each export, by what `addCallback` was given. */
export const OtelObservableUpDownCounter = parameter(
  'OtelObservableUpDownCounter',
  'observableUpDownCounter',
);

function parameter(decorator: string, kind: InstrumentKind): MetricParamDecorator {
  return (name: unknown, options = {}) => {
    if (typeof name !== 'string' || name === '') {
      throw new TelemetryConfigError({
        path: `@${decorator}`,
        expected: 'given the name of an instrument',
        got: name,
        remedy: `Write \`@${decorator}('orders.placed')\`.`,
      });
    }
    const definition: InstrumentDefinition = { kind, name: instrumentName(name, options), options };
    checkDefinition(definition);
    return instrument(definition, InstrumentPipe);
  };
}
