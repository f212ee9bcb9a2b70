import { randomUUID } from 'node:crypto';
import type { Attributes, Span } from '@opentelemetry/api';
import { monotonicMillis } from '../tracing/clock.js';
import type { SpanOptions } from '../tracing/span-options.js';
import { NO_SPAN } from '../tracing/unrecorded-span.js';
import type { StageOptions, StageOutcome, StageRun } from './stage-run.js';
import { UsageSum, type Usage } from '../genai/usage.js';
import type { WorkflowMeter } from './workflow-metrics.js';
import { workflowAttributes } from './workflow-attributes.js';

/** Identifies a run of a pipeline. */
export interface PipelineRunOptions {
  /** The pipeline's name. */
  readonly name: string;
  /** The pipeline's id, equal for all of its runs; default: none. */
  readonly pipelineId?: string;
  /** The run's id; default: a random UUID. */
  readonly runId?: string;
}

/** Results that a pipeline reports; they replace the counted ones. */
export interface PipelineResult {
  /** Whether the pipeline succeeded; default: whether its function returned without an error. */
  readonly success?: boolean;
  /** The duration in milliseconds; default: the time that the pipeline's function took. */
  readonly totalDurationMillis?: number;
  /** The number of tokens; default: the sum over the pipeline's stages. */
  readonly totalTokens?: number;
  /** The cost in US dollars; default: the sum over the pipeline's stages. */
  readonly totalCostUsd?: number;
}

/** Creates the spans of a run. */
export interface RunHost {
  /** Runs a function in the run's pipeline span. @param written - the user's function, which `fn` wraps */
  withRun<T>(run: PipelineRun, options: WorkflowPipelineOptions, fn: (span: Span) => T, written?: unknown): T;
  withStageOf<T>(
    run: PipelineRun,
    id: string,
    options: StageOptions,
    fn: (span: Span, stage: StageRun) => T,
  ): T;
}

/** Options of a run's span. */
export interface WorkflowPipelineOptions {
  /**
   * The pipeline's input, recorded as `input.value` if `includeInputOutput` is on; so is the result, as
   * `output.value`.
   */
  readonly input?: unknown;
  /** Attributes of the pipeline's span. */
  readonly attributes?: Attributes;
  /** The parent: a span, span context or context; default: the active span. */
  readonly parent?: SpanOptions['parent'];
  /**
   * Whether the input is recorded: whole (`true`), or only its names (`keys`); default: the configuration's
   * `includeInputOutput`.
   */
  readonly includeInput?: boolean | 'keys';
  /**
   * Whether the result is recorded: whole (`true`), or only its names (`keys`); default: the
   * configuration's `includeInputOutput`.
   */
  readonly includeOutput?: boolean | 'keys';
}

/**
 * One run of a pipeline. It adds up stages, tokens and cost, of sequential and concurrent stages, and
 * writes the sums when the pipeline's span ends.
 */
export class PipelineRun {
  /** The pipeline's name. */
  readonly name: string;
  /** The pipeline's id. */
  readonly pipelineId: string | undefined;
  /** The id of this run. */
  readonly runId: string;
  /** The pipeline's span. It records nothing before the run, and while telemetry is off. */
  span: Span = NO_SPAN;
  /**
   * The prefix of the pipeline's attributes, set when it runs.
   *
   * @internal
   */
  prefix = '';
  /** The meter of the pipeline's instance; absent while metrics are off. @internal */
  meter: WorkflowMeter | undefined;
  private startedAt = monotonicMillis();
  private readonly usage = new UsageSum();
  private readonly ended: Record<StageOutcome, number> = { success: 0, failure: 0, skipped: 0 };
  private stages = 0;
  private result: PipelineResult = {};

  /** @internal */
  constructor(
    private readonly tracer: RunHost,
    { name, pipelineId, runId = randomUUID() }: PipelineRunOptions,
  ) {
    this.name = name;
    this.pipelineId = pipelineId;
    this.runId = runId;
  }

  /** Runs the pipeline in its span. @param fn - receives the span; its result is returned */
  execute<T>(fn: (span: Span) => T, options?: WorkflowPipelineOptions | null): T;
  /** Runs a function that wraps the user's, `written`. @internal */
  execute<T>(fn: (span: Span) => T, options: WorkflowPipelineOptions, written: unknown): T;
  execute<T>(fn: (span: Span) => T, options?: WorkflowPipelineOptions | null, written: unknown = fn): T {
    this.startedAt = monotonicMillis();
    return this.tracer.withRun(this, options ?? {}, fn, written);
  }

  /** Runs a stage as part of this pipeline, wherever the call is made. */
  stage<T>(stage: StageOptions & { readonly id: string }, fn: (span: Span, stage: StageRun) => T): T {
    return this.tracer.withStageOf(this, stage.id, stage, fn);
  }

  /** Records a stage that is skipped without running. */
  skipStage(stage: StageOptions & { readonly id: string }, reason?: string): void {
    this.stage(stage, (_span, run) => {
      run.skip(reason);
    });
  }

  /** Adds an event to the pipeline's span. */
  addEvent(name: string, attributes?: Attributes): void {
    this.span.addEvent(name, attributes);
  }

  /** Adds tokens and cost that belong to no stage. */
  addUsage(usage: Usage): void {
    this.usage.add(usage);
  }

  /** Reports the pipeline's results, which replace the counted ones. Zeros are recorded. */
  recordComplete(result: PipelineResult): void {
    this.result = { ...this.result, ...result };
  }

  /** Counts a stage that begins. @internal */
  stageBegan(): void {
    this.stages += 1;
  }

  /** Adds the outcome and the usage of a stage that ends. @internal */
  stageEnded(outcome: StageOutcome, usage: Usage): void {
    this.ended[outcome] += 1;
    this.usage.add(usage);
  }

  /** Writes the run's sums before its span ends. @internal */
  spanEnds(failed: boolean): void {
    const {
      success = !failed,
      totalDurationMillis = monotonicMillis() - this.startedAt,
      totalTokens = this.usage.totalTokens,
      totalCostUsd = this.usage.costUsd,
    } = this.result;
    this.span.setAttributes(
      workflowAttributes(this.prefix, {
        pipelineDurationMillis: Math.round(totalDurationMillis),
        pipelineSuccess: success,
        pipelineStageCount: this.stages,
        pipelineFailedStageCount: this.ended.failure,
        pipelineSkippedStageCount: this.ended.skipped,
        pipelineTotalTokens: totalTokens,
        pipelineTotalCostUsd: totalCostUsd,
      }),
    );
    this.meter?.pipelineEnded(this.name, {
      success,
      millis: totalDurationMillis,
      tokens: totalTokens,
      costUsd: totalCostUsd,
    });
  }
}
