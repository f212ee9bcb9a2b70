import type { Attributes } from '@opentelemetry/api';
import type { SpanOptions } from '../../tracing/span-options.js';

/** A decorator fits methods of any signature, and gives their types to the functions in its options. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyValue = any;

/**
 * How a decorated method becomes spans: the options of a span that a method can have, and
 * what to read from its calls.
 */
export interface SpanDecoratorOptions extends Omit<SpanOptions, 'parent'> {
  /**
   * Reads attributes from what the method returned, or its promise resolved with. Not
   * called for streams or errors.
   *
   * **Gotchas** If it throws, the error is logged, and the method's result stands.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- typed by the method that is decorated
  readonly onResult?: (result: any, ...args: any[]) => { readonly attributes?: Attributes } | undefined;
  /** Whether arguments and results are recorded; default: the configuration's `includeInputOutput`. */
  readonly includeInputOutput?: boolean;
}

/** Fixed options, or a function of the method's arguments. */
export type SpanDecoratorInput<T extends AnyValue[]> =
  SpanDecoratorOptions | ((...args: T) => SpanDecoratorOptions);
