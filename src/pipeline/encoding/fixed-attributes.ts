import type { Attributes } from '@opentelemetry/api';

/**
 * Attributes that many spans have in common, such as a route's: put together once and encoded once. Only
 * `ROUTE_ATTRIBUTES` (`mask-keys.ts`) may be among them, with the values that the library itself gives them.
 */
export class FixedAttributes {
  readonly count: number;
  /** Their fields of a `Span` message, once a span with them was encoded. */
  protobuf: Uint8Array | undefined;

  constructor(readonly values: Readonly<Attributes>) {
    this.count = Object.keys(values).length;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.values, key);
  }

  hasAnyOf(attributes: Attributes): boolean {
    return Object.keys(attributes).some((key) => this.has(key));
  }
}

/** A span some of whose attributes are {@link FixedAttributes}; its `attributes` are all of them. */
export interface WithFixedAttributes {
  readonly fixedAttributes?: FixedAttributes | undefined;
  /** All others. */
  readonly ownAttributes?: Attributes;
}
