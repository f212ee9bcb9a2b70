/* eslint-disable @typescript-eslint/no-explicit-any -- a decorator fits methods of any signature */
import type { Span } from '@opentelemetry/api';
import { hideSecret } from '../../tracing/record-value.js';
import { RecordingSpan } from '../../tracing/recording-span.js';
import type { TracerManager } from '../../tracing/tracer-manager.js';
import type { WorkflowPipelineOptions, PipelineRunOptions } from '../../workflow/pipeline-run.js';
import type { StageOptions } from '../../workflow/stage-run.js';
import { WorkflowTracer } from '../../workflow/workflow-tracer.js';
import { givenOptions, type OptionsInput } from './given-options.js';
import { injectManager, managerFor } from '../hub/host-manager.js';
import { asWritten, wrapMethod } from './method-wrapper.js';
import { parameterNames } from './parameter-names.js';

/** The span options of a method that is a pipeline. Its first argument is recorded as the input. */
export type TracePipelineOptions = Omit<WorkflowPipelineOptions, 'input'> & Omit<PipelineRunOptions, 'name'>;

/** The span options of a method that is a stage. Its first argument is recorded as the input. */
export interface TraceStageOptions extends Omit<StageOptions, 'input' | 'name'> {
  /** The stage's id; default: its name. */
  readonly id?: string;
}

/** The workflow tracer of each manager. */
const tracers = new WeakMap<TracerManager, WorkflowTracer>();

/**
 * Runs the method as a pipeline, like `WorkflowTracer.withPipelineSpan`. Stages that it calls are counted.
 *
 * @param name - the pipeline's name; the span is `pipeline:{name}`
 * @param options - options, or a function of the arguments that returns them, such as for ids
 */
export function TracePipeline(name: string, options?: TracePipelineOptions): MethodDecorator;
/** Runs the method as a pipeline, with options as a function of the arguments. */
export function TracePipeline<T extends any[]>(
  name: string,
  options: (...args: T) => TracePipelineOptions,
): (target: any, key: string | symbol, descriptor: TypedPropertyDescriptor<(...args: T) => any>) => void;
export function TracePipeline(
  name: string,
  options: OptionsInput<TracePipelineOptions> = {},
): MethodDecorator {
  return wrapping('@TracePipeline', name, options, (tracer, given, input, call, written) =>
    tracer.withPipelineSpan(name, { ...given, input }, call, written),
  );
}

/**
 * Runs the method as a stage of the calling pipeline, like `WorkflowTracer.withStageSpan`.
 *
 * @param name - the stage's name; the span is `stage:{name}`
 * @param options - the component type, or all options, or a function of the arguments that returns them
 */
export function TraceStage(name: string, options?: string | TraceStageOptions): MethodDecorator;
/** Runs the method as a stage, with options as a function of the arguments. */
export function TraceStage<T extends any[]>(
  name: string,
  options: (...args: T) => TraceStageOptions,
): (target: any, key: string | symbol, descriptor: TypedPropertyDescriptor<(...args: T) => any>) => void;
export function TraceStage(
  name: string,
  options: string | OptionsInput<TraceStageOptions> = {},
): MethodDecorator {
  const given = typeof options === 'string' ? { componentType: options } : options;
  return wrapping('@TraceStage', name, given, (tracer, { id = name, ...stage }, input, call, written) =>
    tracer.withStageSpan(id, { ...stage, name, input }, call, written),
  );
}

function wrapping<O extends object>(
  decorator: string,
  name: string,
  options: OptionsInput<O>,
  run: (
    tracer: WorkflowTracer,
    options: O,
    input: unknown,
    call: (span: Span) => unknown,
    written: unknown,
  ) => unknown,
): MethodDecorator {
  return (target: object, key: PropertyKey, descriptor: PropertyDescriptor) => {
    injectManager(target);
    wrapMethod(decorator, target, key, descriptor, (method) => {
      return function (this: unknown, ...args: unknown[]): unknown {
        const manager = managerFor(this);
        if (manager?.isEnabled() !== true) return method.apply(this, args);
        const given = givenOptions(options, {} as O, name, this, args);
        const call = (span: Span): unknown => {
          const [parameter] = parameterNames(method);
          if (parameter !== undefined && span instanceof RecordingSpan) hideSecret(span, 'input', parameter);
          return method.apply(this, args);
        };
        return run(tracerOf(manager), given, args[0], call, asWritten(method));
      };
    });
  };
}

function tracerOf(manager: TracerManager): WorkflowTracer {
  const tracer = tracers.get(manager) ?? new WorkflowTracer(manager);
  tracers.set(manager, tracer);
  return tracer;
}
