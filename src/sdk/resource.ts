import type { Attributes, AttributeValue } from '@opentelemetry/api';

/**
 * The entity that produces telemetry, such as a service; resources of OpenTelemetry SDK 2 and 3 have this
 * shape.
 */
export interface Resource {
  /** Whether some attributes are still being detected. */
  readonly asyncAttributesPending?: boolean;
  /** The attributes that are known so far. */
  readonly attributes: Attributes;
  /** The schema URL of the semantic conventions in use. */
  readonly schemaUrl?: string;
  /** Resolves when every attribute is known. */
  waitForAsyncAttributes?(): Promise<void>;
  /** Returns a resource with the attributes of both; the argument's win. */
  merge(other: Resource | null): Resource;
  /** Returns the attributes as pairs; a pending value is a promise. */
  getRawAttributes(): [string, AttributeValue | undefined | Promise<AttributeValue | undefined>][];
}

/** Creates a resource whose attributes are all known. */
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

  /** Returns a resource with the attributes of both; the argument's win, as the specification demands. */
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
