import { NO_SPAN } from '../tracing/unrecorded-span.js';
import type { Span } from '@opentelemetry/api';
import type { UsageOwner } from './current-work.js';
import { UsageSum, type Usage } from './usage.js';
import { workflowAttributes } from './workflow-attributes.js';

/** Which model is asked for what. */
export interface LlmCallOptions {
  /** Such as `openai`. */
  readonly provider: string;
  /** Such as `gpt-4o`. */
  readonly model: string;
  /** Default `generate`. */
  readonly operation?: string;
}

/** One call of a language model. */
export class LlmCall {
  /** The call's span; one that records nothing while telemetry is off. */
  span: Span = NO_SPAN;
  private readonly usage = new UsageSum();

  /** @internal */
  constructor(
    private readonly prefix: string,
    private readonly owner: UsageOwner | undefined,
  ) {}

  /** Adds to what the call took, and counts it for the stage and the pipeline around it. Zeros count. */
  recordUsage(usage: Usage): void {
    this.usage.add(usage);
    this.span.setAttributes(
      workflowAttributes(this.prefix, {
        llmInputTokens: this.usage.inputTokens,
        llmOutputTokens: this.usage.outputTokens,
        llmCostUsd: this.usage.costUsd,
      }),
    );
    this.owner?.addUsage(usage);
  }
}
