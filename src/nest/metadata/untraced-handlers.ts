const methods = new WeakMap<object, Set<PropertyKey>>();
const untraced = new WeakSet();

const NO_SPAN_METADATA = 'nestjs-telemetry:no-span';

/** Records `@NoSpan` on a class. */
export function markClassUntraced(type: object): void {
  untraced.add(type);
}

/** Records `@NoSpan` on a method. */
export function markMethodUntraced(prototype: object, key: PropertyKey, method: unknown): void {
  let keys = methods.get(prototype);
  if (keys === undefined) methods.set(prototype, (keys = new Set()));
  keys.add(key);
  if (typeof method === 'function') Reflect.defineMetadata(NO_SPAN_METADATA, true, method);
}

/** Whether a method has `@NoSpan`. */
export function isWithoutSpan(prototype: object, key: PropertyKey): boolean {
  return methods.get(prototype)?.has(key) === true;
}

/** Whether a controller, one of its base classes, or the handler has `@NoSpan`. */
export function isUntracedHandler(type: object, handler: object): boolean {
  if (Reflect.getMetadata(NO_SPAN_METADATA, handler) === true) return true;
  for (
    let current: object | null = type;
    current !== null;
    current = Object.getPrototypeOf(current) as object | null
  ) {
    if (untraced.has(current)) return true;
  }
  return false;
}
