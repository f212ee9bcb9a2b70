import type { Attributes, AttributeValue } from '@opentelemetry/api';

/** The entity that makes telemetry; resources of OpenTelemetry SDK 2 and 3 have this shape. */
export interface Resource {
  /** Whether attributes are still being looked up. */
  readonly asyncAttributesPending?: boolean;
  /** The attributes that are known. */
  readonly attributes: Attributes;
  /** Version of the semantic conventions that the names follow. */
  readonly schemaUrl?: string;
  /** Resolves when every attribute is known. */
  waitForAsyncAttributes?(): Promise<void>;
  /** A resource with the attributes of both; the other's win. */
  merge(other: Resource | null): Resource;
  /** The attributes, those that are being looked up as promises. */
  getRawAttributes(): [string, AttributeValue | undefined | Promise<AttributeValue | undefined>][];
}

/** A resource whose attributes are all known. */
export function resourceFromAttributes(attributes: Readonly<Attributes>, schemaUrl?: string): Resource {
  return new KnownResource({ ...attributes }, schemaUrl);
}

class KnownResource implements Resource {
  readonly asyncAttributesPending = false;
  declare readonly schemaUrl?: string;

  constructor(
    readonly attributes: Attributes,
    schemaUrl: string | undefined,
  ) {
    if (schemaUrl !== undefined) this.schemaUrl = schemaUrl;
  }

  waitForAsyncAttributes(): Promise<void> {
    return Promise.resolve();
  }

  /** The other's attributes win, as the specification says. */
  merge(other: Resource | null): Resource {
    if (other === null) return this;
    return resourceFromAttributes(
      { ...this.attributes, ...other.attributes },
      other.schemaUrl ?? this.schemaUrl,
    );
  }

  getRawAttributes(): [string, AttributeValue | undefined][] {
    return Object.entries(this.attributes);
  }
}
