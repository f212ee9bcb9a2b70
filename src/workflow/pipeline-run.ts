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
  /** Name of the pipeline. */
  readonly name: string;
  /** Id of the pipeline, the same for each of its runs. */
  readonly pipelineId?: string;
  /** Default: a random UUID. */
  readonly runId?: string;
}

/** Results that a pipeline reports itself; they replace what was counted. */
export interface PipelineResult {
  /** Whether the pipeline succeeded; default: whether its function returned. */
  readonly success?: boolean;
  /** Default: the time that its function took, in milliseconds. */
  readonly totalDurationMillis?: number;
  /** Default: the sum over its stages. */
  readonly totalTokens?: number;
  /** Default: the sum over its stages. */
  readonly totalCostUsd?: number;
}

/** Makes the spans of a run. */
export interface RunHost {
  /** @param written - the function that `fn` wraps */
  withRun<T>(run: PipelineRun, options: WorkflowPipelineOptions, fn: (span: Span) => T, written?: unknown): T;
  withStageOf<T>(
    run: PipelineRun,
    id: string,
    options: StageOptions,
    fn: (span: Span, stage: StageRun) => T,
  ): T;
}

/** Options of the span of a run. */
export interface WorkflowPipelineOptions {
  /** Recorded as `input.value` where `includeInputOutput` is on, beside the pipeline's result. */
  readonly input?: unknown;
  /** Attributes of the pipeline's span. */
  readonly attributes?: Attributes;
  /** A span, span context or context to start under; default: the active span. */
  readonly parent?: SpanOptions['parent'];
  /**
   * Whether input and result are recorded: as they are, or the names in them alone; default: the
   * configuration's `includeInputOutput`.
   */
  readonly includeInput?: boolean | 'keys';
  /** Whether the result is recorded, like `includeInput`. */
  readonly includeOutput?: boolean | 'keys';
}

/**
 * One run of a pipeline, from its first stage to its last. It counts stages, tokens and cost by itself,
 * whether stages run one after the other or at once, and writes the sums when the pipeline's span ends.
 */
export class PipelineRun {
  /** Name of the pipeline. */
  readonly name: string;
  /** Id of the pipeline. */
  readonly pipelineId: string | undefined;
  /** Id of this run. */
  readonly runId: string;
  /** The pipeline's span; one that records nothing before the run, and while telemetry is off. */
  span: Span = NO_SPAN;
  /**
   * The prefix of the pipeline's attributes, once it runs.
   *
   * @internal
   */
  prefix = '';
  /** @internal */
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

  /** Runs the pipeline in its span. @param fn - given the span; what it returns is returned */
  execute<T>(fn: (span: Span) => T, options?: WorkflowPipelineOptions | null): T;
  /** @internal */
  execute<T>(fn: (span: Span) => T, options: WorkflowPipelineOptions, written: unknown): T;
  execute<T>(fn: (span: Span) => T, options?: WorkflowPipelineOptions | null, written: unknown = fn): T {
    this.startedAt = monotonicMillis();
    return this.tracer.withRun(this, options ?? {}, fn, written);
  }

  /** Runs a stage, in this pipeline wherever the call is made. */
  stage<T>(stage: StageOptions & { readonly id: string }, fn: (span: Span, stage: StageRun) => T): T {
    return this.tracer.withStageOf(this, stage.id, stage, fn);
  }

  /** Notes a stage that does not run at all. */
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

  /** Reports how the pipeline ended, which replaces what was counted; zeros count. */
  recordComplete(result: PipelineResult): void {
    this.result = { ...this.result, ...result };
  }

  /** @internal */
  stageBegan(): void {
    this.stages += 1;
  }

  /** @internal */
  stageEnded(outcome: StageOutcome, usage: Usage): void {
    this.ended[outcome] += 1;
    this.usage.add(usage);
  }

  /** @internal */
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
