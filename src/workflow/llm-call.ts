import { NO_SPAN } from '../tracing/unrecorded-span.js';
import type { Span } from '@opentelemetry/api';
import type { UsageOwner } from './current-work.js';
import type { Usage } from './usage.js';
import { workflowAttributes } from './workflow-attributes.js';

/** Which model is asked for what. */
export interface LlmCallOptions {
  /** Such as `openai`. */
  readonly provider: string;
  readonly model: string;
  /** Default `generate`. */
  readonly operation?: string;
}

/** One call of a language model. */
export class LlmCall {
  span: Span = NO_SPAN;

  /** @internal */
  constructor(
    private readonly prefix: string,
    private readonly owner: UsageOwner | undefined,
  ) {}

  /** Writes what the call took, and counts it for the stage and the pipeline around it. Zeros count. */
  recordUsage(usage: Usage): void {
    this.span.setAttributes(
      workflowAttributes(this.prefix, {
        llmInputTokens: usage.inputTokens,
        llmOutputTokens: usage.outputTokens,
        llmCostUsd: usage.costUsd,
      }),
    );
    this.owner?.addUsage(usage);
  }
}
