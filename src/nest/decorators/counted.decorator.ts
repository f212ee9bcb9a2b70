import type { Attributes, MetricOptions } from '@opentelemetry/api';
import { errorType } from '../../tracing/exception.js';
import { whenOver } from '../../tracing/when-over.js';
import { injectMeters, metersFor } from '../hub/host-meters.js';
import { decoratorLog } from './decorator-log.js';
import { MethodInstrument } from './method-instrument.js';
import { classNameOf } from '../../base/class-name.js';
import { asWritten, wrapMethod } from './method-wrapper.js';

/** The name and the attributes of a measured method. */
export interface MeasuredMethodOptions extends Pick<MetricOptions, 'description' | 'unit'> {
  /** Constant attributes of every call; default none. Each must have few values. */
  readonly attributes?: Attributes;
}

/**
 * Counts the calls of a method when they end: when a promise settles or a stream ends. Failed calls get
 * `error.type`.
 *
 * @param name - the counter's name; default `{Class}.{method}.calls`
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the decorator is not on a method
 */
export function Counted(name?: string, options: MeasuredMethodOptions = {}): MethodDecorator {
  const { attributes, unit = '{call}', ...rest } = options;
  return (target: object, key: PropertyKey, descriptor: PropertyDescriptor) => {
    const counterName = name ?? `${classNameOf(target)}.${String(key)}.calls`;
    const counters = new MethodInstrument(counterName, (meters) =>
      meters.counter(counterName, { ...rest, unit }),
    );
    injectMeters(target);
    wrapMethod(
      '@Counted',
      target,
      key,
      descriptor,
      (method) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const counter = counters.of(metersFor(this));
          if (counter === undefined) return method.apply(this, args);
          return whenOver(
            () => method.apply(this, args),
            (failure) => {
              counter.add(1, withError(attributes, failure));
            },
            { name: counterName, written: asWritten(method), log: decoratorLog },
          );
        },
      false,
    );
  };
}

/** Returns the attributes of one call. @param failure - holds the thrown error, if the call failed */
export function withError(
  attributes: Attributes | undefined,
  failure: { readonly error: unknown } | undefined,
): Attributes | undefined {
  return failure === undefined ? attributes : { ...attributes, 'error.type': errorType(failure.error) };
}
