import { markClassUntraced, markMethodUntraced } from '../metadata/untraced-handlers.js';

/**
 * Leaves a method of a `@Traceable` class without a span. On a controller or one of its handlers, requests to
 * it are not traced, nor is anything that they call.
 */
export function NoSpan(): MethodDecorator & ClassDecorator {
  return (target: object, key?: PropertyKey, descriptor?: PropertyDescriptor) => {
    if (key === undefined) markClassUntraced(target);
    else markMethodUntraced(target, key, descriptor?.value);
  };
}
