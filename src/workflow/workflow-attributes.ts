/** The attributes of workflow spans, without the configuration's `workflowPrefix`. */
export const WORKFLOW_ATTRIBUTES = {
  spanKind: 'span_kind',
  pipelineName: 'pipeline.name',
  pipelineId: 'pipeline.id',
  pipelineDurationMillis: 'pipeline.duration_ms',
  pipelineSuccess: 'pipeline.success',
  pipelineStageCount: 'pipeline.stage_count',
  pipelineFailedStageCount: 'pipeline.failed_stage_count',
  pipelineSkippedStageCount: 'pipeline.skipped_stage_count',
  pipelineTotalTokens: 'pipeline.total_tokens',
  pipelineTotalCostUsd: 'pipeline.total_cost_usd',
  runId: 'run.id',
  stageId: 'stage.id',
  stageName: 'stage.name',
  stageComponentType: 'stage.component_type',
  stageDurationMillis: 'stage.duration_ms',
  stageSuccess: 'stage.success',
  stageSkipped: 'stage.skipped',
  stageSkipReason: 'stage.skip_reason',
  stageInputTokens: 'stage.input_tokens',
  stageOutputTokens: 'stage.output_tokens',
  stageCostUsd: 'stage.cost_usd',
  llmProvider: 'llm.provider',
  llmModel: 'llm.model',
  llmOperation: 'llm.operation',
  llmInputTokens: 'llm.input_tokens',
  llmOutputTokens: 'llm.output_tokens',
  llmCostUsd: 'llm.cost_usd',
  controlFlowType: 'control_flow.type',
  inputKeys: 'input.keys',
  outputKeys: 'output.keys',
} as const;

/** The values of the attribute `span_kind`. */
export const WORKFLOW_SPAN_KINDS = {
  pipeline: 'pipeline',
  stage: 'stage',
  llmCall: 'llm_call',
  httpRequest: 'http_request',
  database: 'database',
  controlFlow: 'control_flow',
} as const;

/**
 * Values by the names of {@link WORKFLOW_ATTRIBUTES}. `undefined` is left out; zeros and `false` are
 * recorded.
 */
export type WorkflowValues = Partial<Record<keyof typeof WORKFLOW_ATTRIBUTES, unknown>>;

/** Returns attributes with the prefix before their names. */
export function workflowAttributes(
  prefix: string,
  values: WorkflowValues,
): Record<string, string | number | boolean> {
  const attributes: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const key = WORKFLOW_ATTRIBUTES[name as keyof typeof WORKFLOW_ATTRIBUTES];
    attributes[prefix + key] = value as string | number | boolean;
  }
  return attributes;
}
