import type { Attributes, Span } from '@opentelemetry/api';
import { monotonicMillis } from '../tracing/clock.js';
import { recordError } from '../tracing/error-record.js';
import type { SpanOptions } from '../tracing/span-options.js';
import { NO_SPAN } from '../tracing/unrecorded-span.js';
import { UsageSum, type Usage } from '../genai/usage.js';
import { workflowAttributes } from './workflow-attributes.js';

/** Results that a stage reports. Omitted ones are measured, or absent. */
export interface StageResult extends Usage {
  /** The duration in milliseconds; default: the time since the stage began. */
  readonly durationMillis?: number;
}

/** Options of a stage and its span. */
export interface StageOptions {
  /** The stage's name; default: its id. */
  readonly name?: string;
  /** The kind of the stage, such as `generator`; default: none. */
  readonly componentType?: string;
  /**
   * The stage's input, recorded as `input.value` if `includeInputOutput` is on; so is the result, as
   * `output.value`.
   */
  readonly input?: unknown;
  /** Attributes of the stage's span. */
  readonly attributes?: Attributes;
  /** The parent: a span, span context or context; default: the active span. */
  readonly parent?: SpanOptions['parent'];
}

/** Counts the stages of a run as they end. */
export interface StageOwner {
  stageEnded(outcome: StageOutcome, usage: Usage): void;
}

export type StageOutcome = 'success' | 'failure' | 'skipped';

/** A running stage. It fails if its function throws, otherwise it succeeds; its methods report more. */
export class StageRun {
  /** The stage's span, which records nothing while telemetry is off. */
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
   * Adds tokens and cost to the stage and to its pipeline. Model calls inside the stage are added
   * automatically.
   */
  addUsage(usage: Usage): void {
    this.usage.add(usage);
  }

  /** Reports the stage as successful, with its results, even if its function throws later. */
  recordSuccess(result: StageResult = {}): void {
    this.outcome = 'success';
    this.note(result);
  }

  /** Marks the stage as failed, even if the error is handled and nothing is thrown. */
  recordFailure(error: unknown, result: StageResult = {}): void {
    this.outcome = 'failure';
    this.note(result);
    recordError(this.span, error);
  }

  /** Marks the stage as skipped, since it had nothing to do. */
  skip(reason?: string): void {
    this.outcome = 'skipped';
    this.span.setAttributes(workflowAttributes(this.prefix, { stageSkipped: true, stageSkipReason: reason }));
  }

  /** Writes the stage's outcome before its span ends. @internal */
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
