const methods = new WeakMap<object, Set<PropertyKey>>();
const untraced = new WeakSet();

/**
 * Leaves a method of a `@Traceable` class without a span. On a controller or one of its handlers: requests to it are not traced, nor is
 * what they call.
 */
export function NoSpan(): MethodDecorator & ClassDecorator {
  return (target: object, key?: PropertyKey, descriptor?: PropertyDescriptor) => {
    if (key === undefined) {
      untraced.add(target);
      return;
    }
    let keys = methods.get(target);
    if (keys === undefined) methods.set(target, (keys = new Set()));
    keys.add(key);
    const method: unknown = descriptor?.value;
    if (typeof method === 'function') Reflect.defineMetadata(NO_SPAN, true, method);
  };
}

const NO_SPAN = 'nestjs-telemetry:no-span';

/** Whether `@NoSpan` is on the method. */
export function isWithoutSpan(prototype: object, key: PropertyKey): boolean {
  return methods.get(prototype)?.has(key) === true;
}

/** Whether `@NoSpan` is on a controller, one that it extends, or the handler. */
export function isUntracedHandler(type: object, handler: object): boolean {
  if (Reflect.getMetadata(NO_SPAN, handler) === true) return true;
  for (
    let current: object | null = type;
    current !== null;
    current = Object.getPrototypeOf(current) as object | null
  ) {
    if (untraced.has(current)) return true;
  }
  return false;
}
