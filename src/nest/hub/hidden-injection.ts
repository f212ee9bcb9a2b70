import { Inject, Optional } from '@nestjs/common';

/** The class of a provider; its constructor may be private. */
type Token = abstract new (...args: never[]) => object;

/**
 * Makes Nest inject a provider into objects of classes that use a decorator, as a hidden property. The
 * objects stay equal to those of plain `new`; a frozen object gets none. Static methods belong to no
 * module.
 *
 * @param slot - the property's key; frequent callers read the property themselves
 */
export function hiddenInjection(token: Token, slot: symbol): (prototype: object) => void {
  return onInjection(token, String(slot.description), (host, value) => {
    if (Object.isExtensible(host)) Object.defineProperty(host, slot, { value, configurable: true });
  });
}

/**
 * Makes Nest report every instance it builds of a class, including the prototypes it keeps for
 * request-scoped providers.
 */
export function onInjection<T extends object>(
  token: abstract new (...args: never[]) => T,
  purpose: string,
  injected: (host: object, value: T) => void,
): (prototype: object) => void {
  const entrance = Symbol(`inject ${purpose}`);
  return (prototype) => {
    if (typeof prototype === 'function' || Object.hasOwn(prototype, entrance)) return;
    Object.defineProperty(prototype, entrance, {
      configurable: true,
      set(this: object, value: unknown) {
        // A test's auto-mock is not an instance of the class.
        if (value instanceof token) injected(this, value);
      },
    });
    Inject(token)(prototype, entrance);
    Optional()(prototype, entrance);
  };
}
