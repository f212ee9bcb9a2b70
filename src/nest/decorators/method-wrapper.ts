import { classNameOf } from '../../base/class-name.js';
import { TelemetryConfigError } from '../../errors.js';

/** A method of any class, as decorators see it. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The methods whose wrapper makes a span, by the prototype that defines them. */
const wrapped = new WeakMap<object, Set<PropertyKey>>();
/** The method as it was written, by our wrapper of it. */
const written = new WeakMap<Method, Method>();

const OWN_OF_FUNCTIONS: ReadonlySet<PropertyKey> = new Set([
  'length',
  'name',
  'prototype',
  'arguments',
  'caller',
]);

/**
 * Puts a wrapper in the place of a decorated method, alike in everything that other decorators and libraries
 * look at: name, length, metadata and properties of its own.
 *
 * @param decorator - as the user wrote it, for the error
 * @param descriptor - absent for fields, where only a build without type checks gets this far
 * @param makesSpan - `false` leaves the span to the class's decorator
 * @throws TelemetryConfigError if the decorator is not on a method
 */
export function wrapMethod(
  decorator: string,
  target: object,
  key: PropertyKey,
  descriptor: PropertyDescriptor | undefined,
  wrap: (method: Method) => Method,
  makesSpan = true,
): void {
  const method: unknown = descriptor?.value;
  if (descriptor === undefined || typeof method !== 'function') {
    throw new TelemetryConfigError({
      path: decorator,
      expected: 'on a method',
      got: `${classNameOf(target)}.${String(key)}`,
      remedy: 'Accessors and properties cannot have a span.',
    });
  }
  descriptor.value = alike(wrap(method as Method), method as Method);
  if (!makesSpan) return;
  let keys = wrapped.get(target);
  if (keys === undefined) wrapped.set(target, (keys = new Set()));
  keys.add(key);
}

/** Whether a method has a span already, its decorator being nearer than the class's. */
export function isWrapped(prototype: object, key: PropertyKey): boolean {
  return wrapped.get(prototype)?.has(key) === true;
}

/** The method as written in the source, below all decorators of this library. */
export function asWritten(method: Method): Method {
  return written.get(method) ?? method;
}

function alike(wrapper: Method, method: Method): Method {
  written.set(wrapper, asWritten(method));
  Object.defineProperty(wrapper, 'name', { value: method.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: method.length, configurable: true });
  for (const key of Reflect.ownKeys(method)) {
    const property = OWN_OF_FUNCTIONS.has(key) ? undefined : Object.getOwnPropertyDescriptor(method, key);
    if (property !== undefined) Object.defineProperty(wrapper, key, property);
  }
  for (const key of Reflect.getMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapper);
  }
  return wrapper;
}
