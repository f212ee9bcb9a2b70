import { Inject, Optional, type Type } from '@nestjs/common';

/** Where Nest puts a provider into instances of a class that a decorator was used in. */
export class HiddenInjection<T extends object> {
  private readonly slot: symbol;
  private readonly entrance: symbol;

  /** @param token - class of the provider; its constructor may be hidden */
  constructor(
    private readonly token: Pick<Type<T>, 'name' | 'prototype'> & (abstract new (...args: never[]) => T),
    purpose: string,
  ) {
    this.slot = Symbol(`nestjs-telemetry.${purpose}`);
    this.entrance = Symbol(`nestjs-telemetry.inject-${purpose}`);
  }

  /**
   * Has Nest inject a property that nobody sees: instances stay equal to those of plain `new`, and a frozen one does without. Static methods
   * belong to no module.
   */
  into(prototype: object): void {
    const { token, slot, entrance } = this;
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
  }

  /** What Nest has injected into an instance, if anything. */
  of(host: object): T | undefined {
    return (host as Record<symbol, T | undefined>)[this.slot];
  }
}
