import type { Attributes, Span } from '@opentelemetry/api';
import { monotonicMillis } from '../tracing/clock.js';
import { recordError } from '../tracing/error-record.js';
import type { SpanOptions } from '../tracing/span-options.js';
import { NO_SPAN } from '../tracing/unrecorded-span.js';
import { UsageSum, type Usage } from '../genai/usage.js';
import { workflowAttributes } from './workflow-attributes.js';

/** Results that a stage reports itself; those left out are measured, or absent. */
export interface StageResult extends Usage {
  /** Default: the time since the stage began. */
  readonly durationMillis?: number;
}

/** Options of a stage and its span. */
export interface StageOptions {
  /** Default: the stage's id. */
  readonly name?: string;
  /** Kind of the stage, such as `generator`. */
  readonly componentType?: string;
  /** Recorded as `input.value` where `includeInputOutput` is on, beside the stage's result. */
  readonly input?: unknown;
  /** Attributes of the stage's span. */
  readonly attributes?: Attributes;
  /** A span, span context or context to start under; default: the active span. */
  readonly parent?: SpanOptions['parent'];
}

/** Counts the stages of a run as they end. */
export interface StageOwner {
  stageEnded(outcome: StageOutcome, usage: Usage): void;
}

export type StageOutcome = 'success' | 'failure' | 'skipped';

/**
 * A running stage. It fails if its function throws, else it succeeds; its methods report more.
 */
export class StageRun {
  /** The stage's span; one that records nothing while telemetry is off. */
  span: Span = NO_SPAN;
  private readonly startedAt = monotonicMillis();
  private readonly usage = new UsageSum();
  private outcome: StageOutcome | undefined;
  private durationMillis: number | undefined;

  /** @internal */
  constructor(
    private readonly prefix: string,
    private readonly owner: StageOwner | undefined,
    private readonly measure: ((outcome: StageOutcome, millis: number) => void) | undefined,
  ) {}

  /**
   * Adds tokens and cost to the stage, and so to its pipeline. Calls of models made in it report
   * theirs here by themselves.
   */
  addUsage(usage: Usage): void {
    this.usage.add(usage);
  }

  /** Reports the stage as a success, even if its function throws later, with what it took. */
  recordSuccess(result: StageResult = {}): void {
    this.outcome = 'success';
    this.note(result);
  }

  /** Marks the stage as failed, also where the error is handled and nothing is thrown. */
  recordFailure(error: unknown, result: StageResult = {}): void {
    this.outcome = 'failure';
    this.note(result);
    recordError(this.span, error);
  }

  /** Marks the stage as skipped: it had nothing to do. */
  skip(reason?: string): void {
    this.outcome = 'skipped';
    this.span.setAttributes(workflowAttributes(this.prefix, { stageSkipped: true, stageSkipReason: reason }));
  }

  /** @internal */
  spanEnds(failed: boolean): void {
    const outcome = this.outcome ?? (failed ? 'failure' : 'success');
    const { inputTokens, outputTokens, costUsd } = this.usage;
    const millis = this.durationMillis ?? monotonicMillis() - this.startedAt;
    this.span.setAttributes(
      workflowAttributes(this.prefix, {
        stageDurationMillis: Math.round(millis),
        stageSuccess: outcome === 'skipped' ? undefined : outcome === 'success',
        stageInputTokens: inputTokens,
        stageOutputTokens: outputTokens,
        stageCostUsd: costUsd,
      }),
    );
    this.measure?.(outcome, millis);
    this.owner?.stageEnded(outcome, this.usage.figures);
  }

  private note({ durationMillis, ...usage }: StageResult): void {
    if (durationMillis !== undefined) this.durationMillis = durationMillis;
    this.usage.add(usage);
  }
}
