/** Reads one attribute from a method's arguments. */
export interface ParameterAttribute {
  readonly key: string;
  read(args: readonly unknown[]): unknown;
}

const parameters = new WeakMap<object, Map<PropertyKey, ParameterAttribute[]>>();

/**
 * Records a parameter as a span attribute; for methods with `@Span` or of a class with `@Traceable`.
 *
 * @param key - the attribute's name
 * @param pick - selects a part of the argument: a path such as `customer.id`, or a function; default: the
 *   whole argument, with objects as JSON
 */
export function SpanAttribute(
  key: string,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- typed by the parameter that is decorated
  pick?: string | ((argument: any) => unknown),
): ParameterDecorator {
  const read = typeof pick === 'string' ? byPath(pick.split('.')) : pick;
  return (target, method, index) => {
    if (method === undefined) return;
    const ofClass = parameters.get(target) ?? new Map<PropertyKey, ParameterAttribute[]>();
    parameters.set(target, ofClass);
    const attributes = ofClass.get(method) ?? [];
    ofClass.set(method, attributes);
    // Decorators run from the last parameter to the first.
    attributes.unshift({ key, read: (args) => (read === undefined ? args[index] : read(args[index])) });
  };
}

/** Returns the attributes that `@SpanAttribute` declares for a method. */
export function parameterAttributes(target: object, method: PropertyKey): readonly ParameterAttribute[] {
  return parameters.get(target)?.get(method) ?? [];
}

function byPath(path: readonly string[]): (argument: unknown) => unknown {
  return (argument) =>
    path.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | null | undefined)?.[key],
      argument,
    );
}
