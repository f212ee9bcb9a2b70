import { randomUUID } from 'node:crypto';
import type { Attributes, Span } from '@opentelemetry/api';
import { monotonicMillis } from '../tracing/clock.js';
import type { SpanEnd } from '../tracing/recording-span.js';
import type { StartSpanOptions } from '../tracing/start-span-options.js';
import { NO_SPAN } from '../tracing/unrecorded-span.js';
import type { StageOptions, StageOutcome, StageOwner, StageRun } from './stage-run.js';
import { UsageSum, type Usage } from './usage.js';
import { workflowAttributes } from './workflow-attributes.js';

/** Which pipeline runs. */
export interface PipelineRunOptions {
  readonly name: string;
  /** Of the pipeline, the same for each of its runs. */
  readonly pipelineId?: string;
  /** Default: a random UUID. */
  readonly runId?: string;
}

/** What a pipeline says of its end, in place of what was counted. */
export interface PipelineResult {
  readonly success?: boolean;
  readonly totalDurationMs?: number;
  readonly totalTokens?: number;
  readonly totalCostUsd?: number;
}

/** Makes the spans of a run. */
export interface RunHost {
  /** @param written - the function that `fn` wraps */
  withRun<T>(run: PipelineRun, options: PipelineOptions, fn: (span: Span) => T, written?: unknown): T;
  withStageOf<T>(
    run: PipelineRun,
    id: string,
    options: StageOptions,
    fn: (span: Span, stage: StageRun) => T,
  ): T;
}

/** How a run becomes a span. */
export interface PipelineOptions {
  /** Recorded as `input.value` where `includeInputOutput` is on, beside the pipeline's result. */
  readonly input?: unknown;
  readonly attributes?: Attributes;
  /** A span, span context or context to start under; default: the active span. */
  readonly parent?: StartSpanOptions['parent'];
  /** Whether input and result are recorded: as they are, or the names in them alone; default: the configuration's `includeInputOutput`. */
  readonly includeInput?: boolean | 'keys';
  readonly includeOutput?: boolean | 'keys';
}

/**
 * One run of a pipeline, from its first stage to its last. It counts stages, tokens and cost by itself, whether stages run one after
 * the other or at once, and writes the sums when the pipeline's span ends.
 */
export class PipelineRun implements StageOwner, SpanEnd {
  readonly name: string;
  readonly pipelineId: string | undefined;
  readonly runId: string;
  /** The pipeline's span; one that records nothing before the run, and while telemetry is off. */
  span: Span = NO_SPAN;
  /** Of the pipeline's attributes, once it runs. */
  prefix = '';
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
  execute<T>(fn: (span: Span) => T, options?: PipelineOptions | null): T;
  /** @internal */
  execute<T>(fn: (span: Span) => T, options: PipelineOptions, written: unknown): T;
  execute<T>(fn: (span: Span) => T, options?: PipelineOptions | null, written: unknown = fn): T {
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

  addEvent(name: string, attributes?: Attributes): void {
    this.span.addEvent(name, attributes);
  }

  /** Adds tokens and cost that belong to no stage. */
  addUsage(usage: Usage): void {
    this.usage.add(usage);
  }

  /** Says how the pipeline ended, in place of what was counted; zeros count. */
  recordComplete(result: PipelineResult): void {
    this.result = { ...this.result, ...result };
  }

  stageBegan(): void {
    this.stages += 1;
  }

  stageEnded(outcome: StageOutcome, usage: Usage): void {
    this.ended[outcome] += 1;
    this.usage.add(usage);
  }

  spanEnds(failed: boolean): void {
    const { success, totalDurationMs, totalTokens, totalCostUsd } = this.result;
    this.span.setAttributes(
      workflowAttributes(this.prefix, {
        pipelineDurationMs: totalDurationMs ?? Math.round(monotonicMillis() - this.startedAt),
        pipelineSuccess: success ?? !failed,
        pipelineStageCount: this.stages,
        pipelineFailedStageCount: this.ended.failure,
        pipelineSkippedStageCount: this.ended.skipped,
        pipelineTotalTokens: totalTokens ?? this.usage.totalTokens,
        pipelineTotalCostUsd: totalCostUsd ?? this.usage.costUsd,
      }),
    );
  }
}
