import type { Attributes } from '@opentelemetry/api';
import type { SpanOptions } from '../../tracing/span-options.js';

/** The decorator fits methods of any signature, and passes their types to the functions in its options. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyValue = any;

/** The options of a decorated method's span, and of the values recorded from its calls. */
export interface SpanDecoratorOptions extends Omit<SpanOptions, 'parent'> {
  /**
   * Returns attributes for the method's result, or for the value of its promise. Not called for streams or
   * errors.
   *
   * **Gotchas** An error in it is logged; the method's result is unaffected.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- typed by the method that is decorated
  readonly onResult?: (result: any, ...args: any[]) => { readonly attributes?: Attributes } | undefined;
  /** Whether arguments and results are recorded; default: the configuration's `includeInputOutput`. */
  readonly includeInputOutput?: boolean;
}

/** The options, or a function of the method's arguments that returns them. */
export type SpanDecoratorInput<T extends AnyValue[]> =
  SpanDecoratorOptions | ((...args: T) => SpanDecoratorOptions);
