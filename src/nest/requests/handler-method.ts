import type { Type } from '@nestjs/common';

/** The method of a class behind a handler; facts about it apply to all requests. */
export interface HandlerMethod {
  readonly name: string;
  readonly method: object;
}

/**
 * Finds the method of `type` behind `handler`, even if each object of a request-scoped class binds its own
 * function.
 *
 * @param handler - the function that Nest calls; returned if the class has no such method
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
