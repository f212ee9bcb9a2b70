import { createParamDecorator } from '@nestjs/common';
import { TelemetryConfigError } from '../../errors.js';
import {
  checkDefinition,
  type InstrumentDefinition,
  type InstrumentKind,
} from '../../metrics/instruments/instrument-definition.js';
import { instrumentName, type OtelMetricOptions } from '../services/metric.service.js';
import { InstrumentPipe } from './instrument.pipe.js';

/*
 * Each decorator hands an instrument of the module's instance to a handler's parameter, the same one for
 * every request and for every parameter of that name. Where another instrument has the name, that is logged,
 * and the handler gets one that measures nothing.
 */

/** Creates the parameter decorator. Its pipe knows the module, and so the instance. */
const instrument = createParamDecorator<InstrumentDefinition>(() => undefined);

/**
 * Passes a counter to the handler's parameter; it only grows.
 *
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the name is missing or invalid
 */
export const OtelCounter: (name: string, options?: OtelMetricOptions) => ParameterDecorator = parameter(
  'OtelCounter',
  'counter',
);
/**
 * Passes an up-down counter to the handler's parameter; it grows and shrinks.
 *
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the name is missing or invalid
 */
export const OtelUpDownCounter: (name: string, options?: OtelMetricOptions) => ParameterDecorator = parameter(
  'OtelUpDownCounter',
  'upDownCounter',
);
/**
 * Passes a histogram to the handler's parameter.
 *
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the name is missing or invalid
 */
export const OtelHistogram: (name: string, options?: OtelMetricOptions) => ParameterDecorator = parameter(
  'OtelHistogram',
  'histogram',
);
/**
 * Passes a gauge to the handler's parameter.
 *
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the name is missing or invalid
 */
export const OtelGauge: (name: string, options?: OtelMetricOptions) => ParameterDecorator = parameter(
  'OtelGauge',
  'gauge',
);
/**
 * Passes an observable gauge to the handler's parameter; callbacks of `addCallback` run at each export.
 *
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the name is missing or invalid
 */
export const OtelObservableGauge: (name: string, options?: OtelMetricOptions) => ParameterDecorator =
  parameter('OtelObservableGauge', 'observableGauge');
/**
 * Passes an observable counter to the handler's parameter; callbacks of `addCallback` report the total at
 * each export.
 *
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the name is missing or invalid
 */
export const OtelObservableCounter: (name: string, options?: OtelMetricOptions) => ParameterDecorator =
  parameter('OtelObservableCounter', 'observableCounter');
/**
 * Passes an observable up-down counter to the handler's parameter; callbacks of `addCallback` report the
 * amount at each export.
 *
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the name is missing or invalid
 */
export const OtelObservableUpDownCounter: (name: string, options?: OtelMetricOptions) => ParameterDecorator =
  parameter('OtelObservableUpDownCounter', 'observableUpDownCounter');

function parameter(
  decorator: string,
  kind: InstrumentKind,
): (name: string, options?: OtelMetricOptions) => ParameterDecorator {
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
