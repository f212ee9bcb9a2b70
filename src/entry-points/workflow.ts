export {
  TracePipeline,
  TraceStage,
  type TracePipelineOptions,
  type TraceStageOptions,
} from '../nest/decorators/workflow.decorator.js';
export { LlmCall, type LlmCallOptions } from '../workflow/llm-call.js';
export {
  PipelineRun,
  type PipelineResult,
  type PipelineRunOptions,
  type WorkflowPipelineOptions,
} from '../workflow/pipeline-run.js';
export { StageRun, type StageOptions, type StageResult } from '../workflow/stage-run.js';
export type { Usage } from '../genai/usage.js';
export { WORKFLOW_ATTRIBUTES, WORKFLOW_SPAN_KINDS } from '../workflow/workflow-attributes.js';
export { WorkflowTracer } from '../workflow/workflow-tracer.js';
