import type { AnyFunction } from '../base/any-function.js';

/**
 * Makes a wrapper look like the method: same name and length, and the method itself as prototype, so that
 * metadata is found whenever it was set.
 */
export function likeMethod(wrapper: AnyFunction, method: AnyFunction): AnyFunction {
  Object.setPrototypeOf(wrapper, method);
  Object.defineProperty(wrapper, 'name', { value: method.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: method.length, configurable: true });
  for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
  return wrapper;
}
