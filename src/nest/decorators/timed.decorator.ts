import { LATENCY_SECONDS } from '../../config/defaults.js';
import { monotonicMillis } from '../../tracing/clock.js';
import { whenOver } from '../../tracing/when-over.js';
import { withError, type MeasuredMethodOptions } from './counted.decorator.js';
import { injectMeters, metersFor } from '../hub/host-meters.js';
import { decoratorLog } from './decorator-log.js';
import { MethodInstrument } from './method-instrument.js';
import { classNameOf } from '../../base/class-name.js';
import { asWritten, wrapMethod } from './method-wrapper.js';

/** The options of a timed method's histogram. */
export interface TimedOptions extends Omit<MeasuredMethodOptions, 'unit'> {
  /** The upper limits of the buckets, in seconds; default from 5 ms to 10 s, as for requests. */
  readonly boundaries?: readonly number[];
}

/**
 * Measures the duration of a method in seconds, until a promise settles or a stream ends. Failed calls get
 * `error.type`.
 *
 * @param name - the histogram's name; default `{Class}.{method}.duration`
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the decorator is not on a method
 */
export function Timed(name?: string, options: TimedOptions = {}): MethodDecorator {
  const { attributes, boundaries = LATENCY_SECONDS, ...rest } = options;
  return (target: object, key: PropertyKey, descriptor: PropertyDescriptor) => {
    const histogramName = name ?? `${classNameOf(target)}.${String(key)}.duration`;
    const advice = { explicitBucketBoundaries: [...boundaries] };
    const histograms = new MethodInstrument(histogramName, (meters) =>
      meters.histogram(histogramName, { ...rest, unit: 's', advice }),
    );
    injectMeters(target);
    wrapMethod(
      '@Timed',
      target,
      key,
      descriptor,
      (method) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const histogram = histograms.of(metersFor(this));
          if (histogram === undefined) return method.apply(this, args);
          const begun = monotonicMillis();
          return whenOver(
            () => method.apply(this, args),
            (failure) => {
              histogram.record((monotonicMillis() - begun) / 1000, withError(attributes, failure));
            },
            { name: histogramName, written: asWritten(method), log: decoratorLog },
          );
        },
      false,
    );
  };
}
