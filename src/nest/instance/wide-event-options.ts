import type { ExecutionContext } from '@nestjs/common';
import type { Attributes } from '@opentelemetry/api';
import { fn, object } from '../../config/schema.js';

/** Options for the wide events of an instance. */
export interface WideEventOptions {
  /**
   * Fields that the request tells, read after its guards and before its handler, which does not wait
   * for a promise. What it throws, or rejects with, becomes the field `wide_event.seed.error`. Not
   * called for what is not recorded.
   */
  readonly seed?: (context: ExecutionContext) => Attributes | undefined | Promise<Attributes | undefined>;
}

export const wideEventOptionsCheck = object({ seed: fn });
