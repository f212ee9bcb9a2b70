import { Inject, Optional } from '@nestjs/common';

/** The class of a provider; its constructor may be hidden. */
type Token = abstract new (...args: never[]) => object;

/**
 * Has Nest put a provider into instances of classes that a decorator was used in, as a property that
 * nobody sees: instances stay equal to those of plain `new`, and a frozen one does without. Static
 * methods belong to no module.
 *
 * @param slot - key of the property; frequent callers read it themselves
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
        // An auto-mock of a test is not an instance of it.
        if (value instanceof token) injected(this, value);
      },
    });
    Inject(token)(prototype, entrance);
    Optional()(prototype, entrance);
  };
}
