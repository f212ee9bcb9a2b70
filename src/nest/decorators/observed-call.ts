import type { Span } from '@opentelemetry/api';
import { isObject } from '../../config/schema.js';
import { RecordingSpan } from '../../tracing/recording-span.js';
import { recordValue } from '../../tracing/record-value.js';
import { ask } from '../../base/user-function.js';
import { reportHook } from './decorator-log.js';
import type { AnyFunction } from '../../base/any-function.js';
import { namedArguments } from './parameter-names.js';
import type { ParameterAttribute } from './span-attribute.decorator.js';
import type { SpanDecoratorOptions } from './span-options.js';

/** The parts of a call that a span records. */
export interface Observation {
  readonly spanName: string;
  readonly options: SpanDecoratorOptions;
  readonly parameters: readonly ParameterAttribute[];
}

/** Whether the span records arguments and results. */
export function recordsValues(
  span: Span,
  { includeInputOutput }: SpanDecoratorOptions,
): span is RecordingSpan {
  return span instanceof RecordingSpan && (includeInputOutput ?? span.generation.config.includeInputOutput);
}

/** Calls the method and records its arguments on the span. */
export function observedCall(
  span: Span,
  { spanName, options, parameters }: Observation,
  host: unknown,
  method: AnyFunction,
  args: unknown[],
): unknown {
  for (const parameter of parameters) {
    ask(
      () => parameter.read(args),
      (value) => {
        if (value !== undefined) span.setAttribute(parameter.key, value as string);
      },
      (error) => {
        reportHook('@SpanAttribute', spanName, error);
      },
    );
  }
  if (args.length > 0 && recordsValues(span, options))
    recordValue(span, 'input', namedArguments(method, args));
  return method.apply(host, args);
}

/** Whether {@link noteResult} has anything to do. */
export function notesResult(span: Span, options: SpanDecoratorOptions): boolean {
  return options.onResult !== undefined || recordsValues(span, options);
}

/** Records the result on the span. */
export function noteResult(
  span: Span,
  { spanName, options }: Pick<Observation, 'spanName' | 'options'>,
  result: unknown,
  args: readonly unknown[],
): void {
  if (recordsValues(span, options)) recordValue(span, 'output', result);
  const { onResult } = options;
  if (onResult === undefined || !span.isRecording()) return;
  ask(
    () => onResult(result, ...args),
    (answer) => {
      const attributes: unknown = answer?.attributes;
      if (isObject(attributes)) span.setAttributes({ ...attributes });
    },
    (error) => {
      reportHook('onResult', spanName, error);
    },
  );
}
