import type { Span } from '@opentelemetry/api';
import type { GenAiCall } from '../genai/genai-call.js';
import { UsageSum, type Usage, type UsageOwner } from '../genai/usage.js';
import { NO_SPAN } from '../tracing/unrecorded-span.js';
import { workflowAttributes } from './workflow-attributes.js';

/** The model of a call, and what it is asked for. */
export interface LlmCallOptions {
  /** Provider of the model, such as `openai`. */
  readonly provider: string;
  /** Name of the model, such as `gpt-4o`. */
  readonly model: string;
  /**
   * Default `generate`. An operation of the `gen_ai` conventions is also
   * `gen_ai.operation.name`; any other is a `chat`.
   */
  readonly operation?: string;
}

/** One call of a language model: a {@link GenAiCall} that adds up what it is told. */
export class LlmCall {
  private readonly usage = new UsageSum();

  /** @internal */
  constructor(
    private readonly prefix: string,
    private readonly call: GenAiCall | undefined,
    /** The total that the usage counts for outside of a call. */
    private readonly owner?: UsageOwner,
  ) {}

  /** The call's span; one that records nothing while telemetry is off. */
  get span(): Span {
    return this.call?.span ?? NO_SPAN;
  }

  /** Adds to what the call took; it counts for the stage and the pipeline around it. Zeros count. */
  recordUsage(usage: Usage): void {
    this.usage.add(usage);
    this.owner?.addUsage(usage);
    this.call?.setUsage(this.usage.figures);
    this.span.setAttributes(
      workflowAttributes(this.prefix, {
        llmInputTokens: this.usage.inputTokens,
        llmOutputTokens: this.usage.outputTokens,
        llmCostUsd: this.usage.costUsd,
      }),
    );
  }
}
