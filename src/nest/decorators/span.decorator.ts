/* eslint-disable @typescript-eslint/no-explicit-any -- a decorator fits methods of any signature */
import type { Span as ApiSpan } from '@opentelemetry/api';
import type { CallDetails } from '../../tracing/call-in-span.js';
import { givenOptions } from './given-options.js';
import { injectManager, managerFor } from '../hub/host-manager.js';
import { MethodName } from './method-name.js';
import { asWritten, wrapMethod, type Method } from './method-wrapper.js';
import { noteResult, notesResult, observedCall, recordsValues, type Observation } from './observed-call.js';
import { parameterAttributes } from './span-attribute.decorator.js';
import type { AnyValue, SpanDecoratorInput, SpanDecoratorOptions } from './span-options.js';

const NO_OPTIONS: SpanDecoratorOptions = {};

/**
 * Runs the method in a span of its module's instance. For an object that Nest did not create, the active
 * flow's instance is used; without one, no span is created. The span ends when the result is complete: at
 * once, when the promise settles, or when the stream ends.
 *
 * @param name - the span's name; default `Class.method`, with the class of the object
 * @param options - kind, attributes, links and result attributes, or a function of the arguments that
 *   returns them
 * @throws TelemetryConfigError `TELEMETRY_CONFIG_INVALID` if the decorator is not on a method
 */
export function Span(name?: string, options?: SpanDecoratorOptions): MethodDecorator;
/** Runs the method in a span named `Class.method`, with options. */
export function Span(options: SpanDecoratorOptions): MethodDecorator;
/** Runs the method in a span named `Class.method`, with options as a function of the arguments. */
export function Span<T extends any[]>(
  options: (...args: T) => SpanDecoratorOptions,
): (target: any, key: string | symbol, descriptor: TypedPropertyDescriptor<(...args: T) => any>) => void;
/** Runs the method in a named span, with options as a function of the arguments. */
export function Span<T extends any[]>(
  name: string,
  options: (...args: T) => SpanDecoratorOptions,
): (target: any, key: string | symbol, descriptor: TypedPropertyDescriptor<(...args: T) => any>) => void;
export function Span(
  nameOrOptions?: string | SpanDecoratorInput<AnyValue[]>,
  more?: SpanDecoratorInput<AnyValue[]>,
): MethodDecorator {
  const name = typeof nameOrOptions === 'string' ? nameOrOptions : undefined;
  const input = (typeof nameOrOptions === 'string' ? more : (nameOrOptions ?? more)) ?? NO_OPTIONS;
  return (target: object, key: PropertyKey, descriptor: PropertyDescriptor) => {
    wrapInSpan('@Span', target, key, descriptor, name ?? new MethodName(target, key), input);
  };
}

/**
 * Wraps a method in a span, for `@Span` and `@Traceable`.
 *
 * @param name - the span's name, or the method's name that follows the class of the object
 */
export function wrapInSpan(
  decorator: string,
  target: object,
  key: PropertyKey,
  descriptor: PropertyDescriptor,
  name: string | MethodName,
  input: SpanDecoratorInput<AnyValue[]>,
): void {
  injectManager(target);
  const fixed = typeof input === 'function' ? undefined : input;
  wrapMethod(decorator, target, key, descriptor, (method) => {
    const parameters = parameterAttributes(target, key);
    const plain = parameters.length === 0;
    const declared = typeof name === 'string' ? name : name.declared;
    const details = fixed && detailsOf({ spanName: declared, options: fixed }, method, []);
    return function (this: unknown, ...args: unknown[]): unknown {
      const manager = managerFor(this);
      if (manager?.isEnabled() !== true) return method.apply(this, args);
      const spanName = typeof name === 'string' ? name : name.on(this);
      const options = fixed ?? givenOptions(input, NO_OPTIONS, spanName, this, args);
      const known =
        options.onResult === undefined && details !== undefined
          ? details
          : detailsOf({ spanName, options }, method, args);
      const call = (span: ApiSpan): unknown =>
        (plain ? recordsValues(span, options) : span.isRecording())
          ? observedCall(span, { spanName, options, parameters }, this, method, args)
          : method.apply(this, args);
      return manager.withSpan(spanName, options, call, known);
    };
  });
}

/** Returns the details of a call of a decorated method. @param args - the arguments for `onResult` */
function detailsOf(
  observation: Pick<Observation, 'spanName' | 'options'>,
  method: Method,
  args: readonly unknown[],
): CallDetails {
  return {
    written: asWritten(method),
    notes: (span) => notesResult(span, observation.options),
    onResult: (span, result) => {
      noteResult(span, observation, result, args);
    },
  };
}
