import type { CallMeter, HistogramDefinition } from '../pipeline/call-meter.js';
import type { TracerManager } from '../tracing/tracer-manager.js';
import type { StageOutcome } from './stage-run.js';

/** Histogram buckets in seconds; pipelines take between milliseconds and hours. */
const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const TOKENS = [16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576];
const DOLLARS = [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100];

function histogram(
  name: string,
  unit: string,
  boundaries: readonly number[],
  description: string,
): HistogramDefinition {
  return { name, unit, boundaries, description };
}

const PIPELINE_DURATION = histogram('workflow.pipeline.duration', 's', SECONDS, 'Duration of pipelines.');
const PIPELINE_TOKENS = histogram('workflow.pipeline.tokens', '{token}', TOKENS, 'Tokens of a run.');
const PIPELINE_COST = histogram('workflow.pipeline.cost', '{USD}', DOLLARS, 'Cost of a run.');
const STAGE_DURATION = histogram('workflow.stage.duration', 's', SECONDS, 'Duration of stages.');

/** The result of a pipeline's run. */
interface MeasuredRun {
  readonly success: boolean;
  readonly millis: number;
  readonly tokens: number | undefined;
  readonly costUsd: number | undefined;
}

/**
 * Measures runs and stages of one instance, sampled or not. The metrics' names do not use `workflowPrefix`.
 */
export class WorkflowMeter {
  private constructor(private readonly meter: CallMeter) {}

  /** Returns the meter of a manager's instance, if it measures. */
  static of(manager: TracerManager): WorkflowMeter | undefined {
    const { callMeter } = manager.pipeline;
    return callMeter?.enabled === true ? new WorkflowMeter(callMeter) : undefined;
  }

  pipelineEnded(name: string, { success, millis, tokens, costUsd }: MeasuredRun): void {
    const pipeline = { 'workflow.pipeline.name': name };
    const outcome = { ...pipeline, 'workflow.outcome': success ? 'success' : 'failure' };
    this.meter.record(PIPELINE_DURATION, millis / 1000, outcome);
    if (tokens !== undefined) this.meter.record(PIPELINE_TOKENS, tokens, pipeline);
    if (costUsd !== undefined) this.meter.record(PIPELINE_COST, costUsd, pipeline);
  }

  stageEnded(pipeline: string | undefined, stage: string, outcome: StageOutcome, millis: number): void {
    this.meter.record(STAGE_DURATION, millis / 1000, {
      ...(pipeline === undefined ? {} : { 'workflow.pipeline.name': pipeline }),
      'workflow.stage.name': stage,
      'workflow.outcome': outcome,
    });
  }
}
