import type { Attributes } from '@opentelemetry/api';
import type { SampledSpanOptions } from '../../tracing/instance-tracer.js';

/** A decorator fits methods of any signature, and gives their types to the functions in its options. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyValue = any;

/** What a result adds to its span. */
export interface ResultAttributes {
  readonly attributes?: Attributes;
}

/** How a decorated method becomes spans: the API's options, and those that a method can have. */
export interface SpanDecoratorOptions extends SampledSpanOptions {
  /**
   * Reads attributes from what the method returned, or its promise resolved with; not called for streams, and for errors neither.
   *
   * **Gotchas** If it throws, that is logged, and the method's result stands.
   */
  readonly onResult?: (result: AnyValue, ...args: AnyValue[]) => ResultAttributes | undefined;
  /** Whether arguments and results are recorded; default: the configuration's `includeInputOutput`. */
  readonly includeInputOutput?: boolean;
}

/** Fixed options, or a function of the method's arguments. */
export type SpanDecoratorInput<T extends AnyValue[]> =
  SpanDecoratorOptions | ((...args: T) => SpanDecoratorOptions);

/** A decorator of methods with these parameters. */
export type SpanMethodDecorator<T extends AnyValue[]> = (
  target: AnyValue,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<(...args: T) => AnyValue>,
) => void;
