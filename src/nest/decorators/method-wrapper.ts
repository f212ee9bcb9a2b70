import { classNameOf } from '../../base/class-name.js';
import { TelemetryConfigError } from '../../errors.js';

/** A method of any class, as decorators see it. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Methods whose wrapper creates a span, by the prototype that defines them. */
const wrapped = new WeakMap<object, Set<PropertyKey>>();
/** The user's method of each wrapper. */
const written = new WeakMap<Method, Method>();

const OWN_OF_FUNCTIONS: ReadonlySet<PropertyKey> = new Set([
  'length',
  'name',
  'prototype',
  'arguments',
  'caller',
]);

/**
 * Replaces a decorated method with a wrapper that looks the same to other decorators and libraries: it has
 * the same name, length, metadata and own properties.
 *
 * @param decorator - the decorator as the user wrote it, for the error
 * @param descriptor - absent for fields, which only a build without type checks can pass
 * @param makesSpan - `false` if the class's decorator may still create the span
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

/** Whether a method already has a span from its own decorator, which wins over the class's. */
export function isWrapped(prototype: object, key: PropertyKey): boolean {
  return wrapped.get(prototype)?.has(key) === true;
}

/** Returns the method as written in the source, without this library's wrappers. */
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
