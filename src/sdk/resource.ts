import type { Attributes, AttributeValue } from '@opentelemetry/api';

type MaybePromise<T> = T | Promise<T>;

/** The entity that makes telemetry; resources of OpenTelemetry SDK 2 and 3 have this shape. */
export interface Resource {
  readonly asyncAttributesPending?: boolean;
  readonly attributes: Attributes;
  readonly schemaUrl?: string;
  waitForAsyncAttributes?(): Promise<void>;
  merge(other: Resource | null): Resource;
  getRawAttributes(): [string, MaybePromise<AttributeValue | undefined>][];
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
