import type { Span } from '@opentelemetry/api';
import { RecordingSpan } from '../../tracing/recording-span.js';
import { answerOf } from '../../tracing/answer.js';
import { recordValue, whenSettled } from '../../tracing/record-value.js';
import { reportHook } from './decorator-log.js';
import type { Method } from './method-wrapper.js';
import { namedArguments } from './parameter-names.js';
import type { ParameterAttribute } from './span-attribute.decorator.js';
import type { SpanDecoratorOptions } from './span-options.js';

/** What is looked at beside the call itself. */
export interface Observation {
  readonly spanName: string;
  readonly options: SpanDecoratorOptions;
  readonly parameters: readonly ParameterAttribute[];
}

/** Whether arguments and results go onto the span. */
export function recordsValues(
  span: Span,
  { includeInputOutput }: SpanDecoratorOptions,
): span is RecordingSpan {
  return span instanceof RecordingSpan && (includeInputOutput ?? span.generation.config.includeInputOutput);
}

/** Calls the method and tells its span what goes in and what comes out. */
export function observedCall(
  span: Span,
  observation: Observation,
  host: unknown,
  method: Method,
  args: unknown[],
): unknown {
  const { spanName, options, parameters } = observation;
  for (const parameter of parameters) {
    try {
      const value = parameter.read(args);
      if (value !== undefined) span.setAttribute(parameter.key, value as string);
    } catch (error) {
      reportHook('@SpanAttribute', spanName, error);
    }
  }
  const values = recordsValues(span, options);
  if (values && args.length > 0) recordValue(span, 'input', namedArguments(method, args));
  const result = method.apply(host, args);
  if (options.onResult === undefined && !values) return result;
  const note = (value: unknown): void => {
    if (values) recordValue(span, 'output', value);
    noteResult(span, observation, value, args);
  };
  return whenSettled(result, note);
}

function noteResult(span: Span, { spanName, options }: Observation, value: unknown, args: unknown[]): void {
  try {
    const attributes = answerOf(options.onResult?.(value, ...args))?.attributes;
    if (attributes !== undefined) span.setAttributes(attributes);
  } catch (error) {
    reportHook('onResult', spanName, error);
  }
}
