import type { ExecutionContext } from '@nestjs/common';
import type { Attributes } from '@opentelemetry/api';
import { fn, object } from '../../config/schema.js';

/** Options for the wide events of an instance. */
export interface WideEventOptions {
  /**
   * Returns the first fields of a wide event; called after the request's guards and before its handler,
   * which does not wait for a promise. An error becomes the field `wide_event.seed.error`. Not called for
   * requests that are not recorded.
   */
  readonly seed?: (context: ExecutionContext) => Attributes | undefined | Promise<Attributes | undefined>;
}

export const wideEventOptionsCheck = object({ seed: fn });
