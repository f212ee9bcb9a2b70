import type { Attributes } from '@opentelemetry/api';
import type { MeterManager } from '../../metrics/meter-manager.js';
import { instrumentName, type OtelMetricOptions } from '../services/metric.service.js';
import { TelemetryHub } from '../hub/telemetry-hub.js';
import { Counted } from './counted.decorator.js';
import { onInjection } from '../hub/hidden-injection.js';
import { injectMeters, metersFor } from '../hub/host-meters.js';
import { MethodInstrument } from './method-instrument.js';
import { classNameOf } from '../../base/class-name.js';

/** Options of nestjs-otel's counters: the name, and attributes of each count. */
export interface OtelCounterOptions extends OtelMetricOptions {
  /** The counter's name, which replaces the default one. */
  readonly name?: string;
  /** Attributes of every count; default none. Keep the number of values small. */
  readonly attributes?: Attributes;
}

type Constructor = abstract new (...args: never[]) => object;

/**
 * Counts calls like {@link Counted}, with the decorator name and counter name of nestjs-otel:
 * `app.{Class}.{method}.calls.total`.
 */
export function OtelMethodCounter(options: OtelCounterOptions = {}): MethodDecorator {
  const { name, ...rest } = options;
  return (target, key, descriptor) => {
    const counter = name ?? `app.${classNameOf(target)}.${String(key)}.calls.total`;
    Counted(instrumentName(counter, rest), rest)(target, key, descriptor);
  };
}

/**
 * Counts the created objects of a class and its subclasses as `app.{Class}.instances.total`. An object that
 * Nest creates counts for its module's instance, any other for the instance of the request in which it is
 * created. Objects created by hand outside of requests are not counted.
 */
export function OtelInstanceCounter(options: OtelCounterOptions = {}): ClassDecorator {
  const { name, attributes, ...rest } = options;
  return (type) => {
    const counter = instrumentName(name ?? `app.${type.name}.instances.total`, rest);
    const counters = new MethodInstrument(counter, (meters) =>
      meters.counter(counter, { unit: '{instance}', ...rest }),
    );
    const count = (meters: MeterManager | undefined): void => {
      counters.of(meters)?.add(1, attributes);
    };
    // We learn only after construction whether Nest created the object.
    let madeByNest = false;
    let untold = 0;
    const prototype = type.prototype as object;
    injectMeters(prototype);
    onInjection(TelemetryHub, 'instance counter', (host, hub) => {
      madeByNest = true;
      if (untold === 0) return;
      untold -= 1;
      const meters = metersFor(host);
      if (meters !== undefined) count(meters);
      else void hub.appWideArrival?.then(({ meterManager }) => count(meterManager));
    })(prototype);
    return toldOf(type as unknown as Constructor, () => {
      const meters = madeByNest ? undefined : metersFor(undefined);
      if (meters === undefined) untold += 1;
      else count(meters);
    }) as unknown as typeof type;
  };
}

/**
 * Returns a subclass whose constructor reports each object. Prototype, statics and metadata are those of
 * the given class.
 */
function toldOf(type: Constructor, made: () => void): Constructor {
  function constructor(...args: never[]): object {
    const instance = Reflect.construct(type, args, new.target as unknown as Constructor) as object;
    made();
    return instance;
  }
  Object.setPrototypeOf(constructor, type);
  Object.defineProperty(constructor, 'name', { value: type.name, configurable: true });
  Object.defineProperty(constructor, 'length', { value: type.length, configurable: true });
  const prototype = type.prototype as object;
  Object.defineProperty(constructor, 'prototype', { value: prototype });
  Object.defineProperty(prototype, 'constructor', { value: constructor, configurable: true, writable: true });
  return constructor as unknown as Constructor;
}
