import { Inject, Optional } from '@nestjs/common';

/** The class of a provider; its constructor may be hidden. */
type Token = abstract new (...args: never[]) => object;

/**
 * Has Nest put a provider into instances of classes that a decorator was used in, as a property that nobody sees: instances stay equal to those
 * of plain `new`, and a frozen one does without. Static methods belong to no module.
 *
 * @param slot - key of the property; whoever calls often reads it itself
 */
export function hiddenInjection(token: Token, slot: symbol): (prototype: object) => void {
  const entrance = Symbol(`inject ${String(slot.description)}`);
  return (prototype) => {
    if (typeof prototype === 'function' || Object.hasOwn(prototype, entrance)) return;
    Object.defineProperty(prototype, entrance, {
      configurable: true,
      set(this: object, value: unknown) {
        // Auto-mocks of a test are none.
        if (!(value instanceof token) || !Object.isExtensible(this)) return;
        Object.defineProperty(this, slot, { value, configurable: true });
      },
    });
    Inject(token)(prototype, entrance);
    Optional()(prototype, entrance);
  };
}
