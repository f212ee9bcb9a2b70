import { markClassUntraced, markMethodUntraced } from '../metadata/untraced-handlers.js';

/**
 * Excludes a method of a `@Traceable` class from tracing. On a controller or a handler, its requests are
 * not traced, nor any work in them.
 */
export function NoSpan(): MethodDecorator & ClassDecorator {
  return (target: object, key?: PropertyKey, descriptor?: PropertyDescriptor) => {
    if (key === undefined) markClassUntraced(target);
    else markMethodUntraced(target, key, descriptor?.value);
  };
}
