/** Any function or method, with any `this`. */
export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
