type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Replaces an object's method with a function with the same name, length and visibility. The class is left
 * alone.
 */
export function replace(target: object, name: string, wrap: (original: Method) => Method): void {
  const original = Reflect.get(target, name) as Method;
  const wrapper = wrap(original);
  Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true });
  const { enumerable = false } = Object.getOwnPropertyDescriptor(target, name) ?? {};
  Object.defineProperty(target, name, { value: wrapper, configurable: true, writable: true, enumerable });
}
