import type { Type } from '@nestjs/common';

/** The method of a class that a handler is: what is known about it is the same for all requests. */
export interface HandlerMethod {
  readonly name: string;
  readonly method: object;
}

/**
 * Finds the method of `type` that `handler` is, or, where each object of a request-scoped class
 * binds its own, was made from.
 *
 * @param handler - as Nest calls it; itself, if the class has no such method
 */
export function handlerMethod(type: Type, handler: { readonly name: string }): HandlerMethod {
  for (const prototype of prototypesOf(type)) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (value === handler) return { name: key, method: handler };
    }
  }
  const name = handler.name.replace(/^(?:bound )+/, '');
  for (const prototype of prototypesOf(type)) {
    const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
    if (typeof method === 'function') return { name, method };
  }
  return { name, method: handler };
}

function* prototypesOf(type: Type): Generator<object> {
  let prototype = type.prototype as object | null | undefined;
  while (prototype !== undefined && prototype !== null && prototype !== Object.prototype) {
    yield prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
}
