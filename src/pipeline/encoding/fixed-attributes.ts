import type { Attributes } from '@opentelemetry/api';

/**
 * Attributes that many spans share, such as a route's. They are created once and encoded once. Only
 * `ROUTE_ATTRIBUTES` (`mask-keys.ts`) may be among them, with values from the library itself.
 */
export class FixedAttributes {
  readonly count: number;
  /** The encoded fields of a `Span` message; set when the first span with them is encoded. */
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

/** A span that has {@link FixedAttributes}; its `attributes` include them. */
export interface WithFixedAttributes {
  readonly fixedAttributes?: FixedAttributes | undefined;
  /** The attributes that are not the route's. */
  readonly ownAttributes?: Attributes;
}
