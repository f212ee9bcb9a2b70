import { SpanKind, type Span } from '@opentelemetry/api';
import { isGenAiOperation } from '../genai/operations.js';
import { runCall } from '../genai/run-call.js';
import { managerServices } from '../tracing/manager-services.js';
import { recordValue } from '../tracing/record-value.js';
import { RecordingSpan, type SpanEnd } from '../tracing/recording-span.js';
import { contextBelow, type SpanOptions } from '../tracing/span-options.js';
import type { TracerManager } from '../tracing/tracer-manager.js';
import { leftOut, NO_SPAN } from '../tracing/unrecorded-span.js';
import type { TracedCall } from '../tracing/run-in-span.js';
import { whenOver, type OnOver } from '../tracing/when-over.js';
import { currentWork, withWork } from './current-work.js';
import { outgoingRequestAttributes, recordResponse } from './http-call.js';
import { LlmCall, type LlmCallOptions } from './llm-call.js';
import { PipelineRun, type PipelineRunOptions, type WorkflowPipelineOptions } from './pipeline-run.js';
import { StageRun, type StageOptions } from './stage-run.js';
import { WorkflowMeter } from './workflow-metrics.js';
import { WORKFLOW_ATTRIBUTES, WORKFLOW_SPAN_KINDS, workflowAttributes } from './workflow-attributes.js';

/** The prefix while telemetry is off, when no span shows it. */
const NO_PREFIX = '';

/**
 * Creates the spans of multi-step work: pipelines, their stages, and the calls in them. Inject it, or
 * create one from a {@link TracerManager}.
 *
 * Attribute names are those of {@link WORKFLOW_ATTRIBUTES} with the configuration's `workflowPrefix`.
 */
export class WorkflowTracer {
  constructor(private readonly manager: TracerManager) {}

  /** Creates a run, to be executed later; its stages are counted. */
  pipelineRun(options: PipelineRunOptions): PipelineRun {
    return new PipelineRun(this, options);
  }

  /** Runs a pipeline in the span `pipeline:{name}`. Stages that start in it are counted. */
  withPipelineSpan<T>(name: string, fn: (span: Span, run: PipelineRun) => T): T;
  /** Runs a pipeline in the span `pipeline:{name}`, with options. */
  withPipelineSpan<T>(
    name: string,
    options: (WorkflowPipelineOptions & Omit<PipelineRunOptions, 'name'>) | null | undefined,
    fn: (span: Span, run: PipelineRun) => T,
  ): T;
  /** Runs a function that wraps the user's, `written`, in a pipeline span. @internal */
  withPipelineSpan<T>(
    name: string,
    options: WorkflowPipelineOptions & Omit<PipelineRunOptions, 'name'>,
    fn: (span: Span, run: PipelineRun) => T,
    written: unknown,
  ): T;
  withPipelineSpan<T, F extends (span: Span, run: PipelineRun) => T>(name: string, ...rest: unknown[]): T {
    const { options, fn, written } = optionsAnd<
      WorkflowPipelineOptions & Omit<PipelineRunOptions, 'name'>,
      F
    >(rest);
    const run = this.pipelineRun({ ...options, name });
    return run.execute((span) => fn(span, run), options, written);
  }

  /** Runs a stage in the span `stage:{name}`. It counts for the surrounding pipeline, if there is one. */
  withStageSpan<T>(id: string, fn: (span: Span, stage: StageRun) => T): T;
  /** Runs a stage in the span `stage:{name}`, with options. */
  withStageSpan<T>(
    id: string,
    options: StageOptions | null | undefined,
    fn: (span: Span, stage: StageRun) => T,
  ): T;
  /** Runs a function that wraps the user's, `written`, in a stage span. @internal */
  withStageSpan<T>(
    id: string,
    options: StageOptions,
    fn: (span: Span, stage: StageRun) => T,
    written: unknown,
  ): T;
  withStageSpan<T, F extends (span: Span, stage: StageRun) => T>(id: string, ...rest: unknown[]): T {
    const { options, fn, written } = optionsAnd<StageOptions, F>(rest);
    const work = currentWork<PipelineRun>(contextBelow(options.parent));
    return this.withStageOf(work?.run, id, options, fn, written);
  }

  /** Runs a model call in the client span `llm:{provider}/{model}`, unless `traceLlmCalls` is off. */
  withLlmSpan<T>(options: LlmCallOptions, fn: (span: Span, call: LlmCall) => T): T {
    const { provider, model, operation = 'generate' } = options;
    const settings = this.manager.settings();
    const prefix = settings?.workflowPrefix ?? NO_PREFIX;
    if (settings?.traceLlmCalls === false) {
      const owner = currentWork(contextBelow(undefined))?.usage;
      return fn(leftOut(this.manager.activeSpan()), new LlmCall(prefix, undefined, owner));
    }
    const attributes = workflowAttributes(prefix, {
      spanKind: WORKFLOW_SPAN_KINDS.llmCall,
      llmProvider: provider,
      llmModel: model,
      llmOperation: operation,
    });
    return runCall(
      this.manager,
      isGenAiOperation(operation) ? operation : 'chat',
      { provider, model, spanName: `llm:${provider}/${model}`, kind: SpanKind.CLIENT, attributes },
      (call) => fn(call.span, new LlmCall(prefix, call)),
      fn,
    );
  }

  /**
   * Runs an outgoing request in a client span named after its method, unless `traceHttpRequests` is off. If
   * the result has a status, as a `fetch` response has, the status is recorded.
   */
  withHttpSpan<T>(method: string, url: string | URL, fn: (span: Span) => T): T {
    const settings = this.manager.settings();
    if (settings?.traceHttpRequests === false) return fn(leftOut(this.manager.activeSpan()));
    const attributes = {
      ...outgoingRequestAttributes(method, url),
      ...workflowAttributes(settings?.workflowPrefix ?? NO_PREFIX, {
        spanKind: WORKFLOW_SPAN_KINDS.httpRequest,
      }),
    };
    return this.manager.withSpan(method.toUpperCase(), { kind: SpanKind.CLIENT, attributes }, fn, {
      onResult: recordResponse,
    });
  }

  /** Runs a decision or a loop in the span `control:{type}`. */
  withControlFlowSpan<T>(type: string, fn: (span: Span) => T): T;
  /** Runs a decision or a loop of a stage in the span `control:{type}`. */
  withControlFlowSpan<T>(type: string, stageId: string, fn: (span: Span) => T): T;
  withControlFlowSpan<T>(type: string, ...rest: [(span: Span) => T] | [string, (span: Span) => T]): T {
    const stageId = typeof rest[0] === 'string' ? rest[0] : undefined;
    const fn = rest.at(-1) as (span: Span) => T;
    const attributes = workflowAttributes(this.manager.settings()?.workflowPrefix ?? NO_PREFIX, {
      spanKind: WORKFLOW_SPAN_KINDS.controlFlow,
      controlFlowType: type,
      stageId,
    });
    return this.manager.withSpan(`control:${type}`, { attributes }, fn);
  }

  /**
   * Runs the pipeline of a run. {@link PipelineRun.execute} calls it.
   *
   * @internal
   */
  withRun<T>(
    run: PipelineRun,
    options: WorkflowPipelineOptions,
    fn: (span: Span) => T,
    written: unknown = fn,
  ): T {
    const settings = this.manager.settings();
    run.prefix = settings?.workflowPrefix ?? NO_PREFIX;
    run.meter = WorkflowMeter.of(this.manager);
    const { includeInputOutput = false } = settings ?? {};
    const parent = withWork(contextBelow(options.parent), { run, usage: run });
    const attributes = {
      ...workflowAttributes(run.prefix, {
        spanKind: WORKFLOW_SPAN_KINDS.pipeline,
        pipelineName: run.name,
        pipelineId: run.pipelineId,
        runId: run.runId,
      }),
      ...options.attributes,
    };
    const { includeInput = includeInputOutput, includeOutput = includeInputOutput } = options;
    const name = `pipeline:${run.name}`;
    const call = (span: Span): T => {
      run.span = span;
      if (!(span instanceof RecordingSpan) && run.meter !== undefined)
        return whenCounted(run, () => fn(span), { name, written });
      watchEnd(span, run);
      noteValue(span, run.prefix, 'input', options.input, includeInput);
      return fn(span);
    };
    return this.manager.withSpan(name, { attributes, parent }, call, {
      written,
      onResult: (span, result) => {
        noteValue(span, run.prefix, 'output', result, includeOutput);
      },
    });
  }

  /**
   * Runs a stage of a run. {@link PipelineRun.stage} calls it.
   *
   * @internal
   */
  withStageOf<T>(
    run: PipelineRun | undefined,
    id: string,
    options: StageOptions,
    fn: (span: Span, stage: StageRun) => T,
    written: unknown = fn,
  ): T {
    const settings = this.manager.settings();
    const prefix = settings?.workflowPrefix ?? NO_PREFIX;
    const meter = WorkflowMeter.of(this.manager);
    const { name: stageName = id } = options;
    const stage = new StageRun(
      prefix,
      run,
      meter &&
        ((outcome, millis) => {
          meter.stageEnded(run?.name, stageName, outcome, millis);
        }),
    );
    run?.stageBegan();
    const spanOptions = stageSpan(prefix, id, options, contextOfStage(run, options.parent), run, stage);
    const include = settings?.includeInputOutput ?? false;
    const name = `stage:${stageName}`;
    const call = (span: Span): T => {
      stage.span = span;
      const counts = run?.span.isRecording() === true || meter !== undefined;
      if (!(span instanceof RecordingSpan) && counts)
        return whenCounted(stage, () => fn(span, stage), { name, written });
      watchEnd(span, stage);
      noteValue(span, prefix, 'input', options.input, include);
      return fn(span, stage);
    };
    return this.manager.withSpan(name, spanOptions, call, {
      written,
      onResult: (span, result) => {
        noteValue(span, prefix, 'output', result, include);
      },
    });
  }
}

managerServices.add(WorkflowTracer);

/** Returns the context of the running stage if it belongs to this run, else that of the run. */
function contextOfStage(
  run: PipelineRun | undefined,
  parent: StageOptions['parent'],
): ReturnType<typeof contextBelow> {
  const context = contextBelow(parent);
  if (parent !== undefined || run === undefined || run.span === NO_SPAN) return context;
  return currentWork<PipelineRun>(context)?.run === run ? context : contextBelow(run.span);
}

function stageSpan(
  prefix: string,
  id: string,
  { name = id, componentType, attributes }: StageOptions,
  context: ReturnType<typeof contextBelow>,
  run: PipelineRun | undefined,
  stage: StageRun,
): SpanOptions {
  return {
    attributes: {
      ...workflowAttributes(prefix, {
        spanKind: WORKFLOW_SPAN_KINDS.stage,
        stageId: id,
        stageName: name,
        stageComponentType: componentType,
      }),
      ...attributes,
    },
    parent: withWork(context, { run, usage: stage }),
  };
}

/** Counts a call even if its span was left out by the sampler, by name or by `withoutTracing`. */
function whenCounted<T>(counted: SpanEnd, fn: () => T, call: TracedCall): T {
  const over: OnOver = (failure) => {
    counted.spanEnds(failure !== undefined);
  };
  return whenOver(fn, over, call);
}

function watchEnd(span: Span, listener: SpanEnd): void {
  if (span instanceof RecordingSpan) span.atEnd = listener;
}

type Inclusion = boolean | 'keys';

function noteValue(
  span: Span,
  prefix: string,
  direction: 'input' | 'output',
  value: unknown,
  inclusion: Inclusion,
): void {
  if (inclusion === false || !(span instanceof RecordingSpan)) return;
  if (inclusion === true) recordValue(span, direction, value);
  else if (typeof value === 'object' && value !== null) {
    const name = direction === 'input' ? WORKFLOW_ATTRIBUTES.inputKeys : WORKFLOW_ATTRIBUTES.outputKeys;
    span.setAttribute(prefix + name, Object.keys(value));
  }
}

/** The last arguments of a method; the very last one is for decorators, whose function wraps the user's. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what overloads have checked
function optionsAnd<O extends object, F>(rest: readonly unknown[]): { options: O; fn: F; written: unknown } {
  const [first, second, third] = rest;
  if (typeof first === 'function') return { options: {} as O, fn: first as F, written: first };
  return { options: (first ?? {}) as O, fn: second as F, written: third ?? second };
}
