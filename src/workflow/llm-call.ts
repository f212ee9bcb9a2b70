import type { Span } from '@opentelemetry/api';
import type { GenAiCall } from '../genai/genai-call.js';
import { UsageSum, type Usage, type UsageOwner } from '../genai/usage.js';
import { NO_SPAN } from '../tracing/unrecorded-span.js';
import { workflowAttributes } from './workflow-attributes.js';

/** The model of a call and the operation. */
export interface LlmCallOptions {
  /** The provider of the model, such as `openai`. */
  readonly provider: string;
  /** The name of the model, such as `gpt-4o`. */
  readonly model: string;
  /**
   * The operation; default `generate`. A name of the `gen_ai` conventions is also recorded as
   * `gen_ai.operation.name`; any other name counts as `chat`.
   */
  readonly operation?: string;
}

/** One call of a language model: a {@link GenAiCall} whose usage can be added up in parts. */
export class LlmCall {
  private readonly usage = new UsageSum();

  /** @internal */
  constructor(
    private readonly prefix: string,
    private readonly call: GenAiCall | undefined,
    /** The sum that the usage is added to outside of a call. */
    private readonly owner?: UsageOwner,
  ) {}

  /** The call's span, which records nothing while telemetry is off. */
  get span(): Span {
    return this.call?.span ?? NO_SPAN;
  }

  /** Adds usage to the call, and to the stage and pipeline around it. Zeros are recorded. */
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
