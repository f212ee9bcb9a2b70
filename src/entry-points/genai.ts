export type { GenAiConfig, GenAiContent, ModelPrice } from '../config/genai-config.js';
export { DATA_CONTEXT, GEN_AI, GEN_AI_PARAMETERS, MCP, OPEN_INFERENCE } from '../genai/attribute-names.js';
export type {
  AgentIdentity,
  AgentOptions,
  CallOptions,
  CallResponse,
  ChatOptions,
  ChunkReading,
  DataContext,
  EmbeddingsOptions,
  Evaluation,
  MemoryOptions,
  ModelCallOptions,
  OperationOptions,
  RequestParameters,
  RerankerOptions,
  RetrievalOptions,
  RetrievedDocument,
  StepOptions,
  ToolOptions,
  WorkflowOptions,
} from '../genai/call-options.js';
export type { AiSdkTelemetry } from '../genai/clients/ai-sdk.js';
export type { InstrumentOptions } from '../genai/clients/client-endpoint.js';
export type { LangChainHandler } from '../genai/clients/langchain-handler.js';
export type { GenAiCall } from '../genai/genai-call.js';
export type { GenAiHost } from '../genai/genai-host.js';
export { GenAiTracer, type CallBody } from '../genai/genai-tracer.js';
export type { GenAiMessage, MessagePart } from '../genai/messages.js';
export type { GenAiOperation, OpenInferenceSpanKind } from '../genai/operations.js';
export type { Usage } from '../genai/usage.js';
export {
  Agent,
  Chain,
  Chat,
  Embeddings,
  Evaluator,
  Guardrail,
  Memory,
  Plan,
  Reranker,
  Retrieval,
  TextCompletion,
  Tool,
  Workflow,
  type CallDecoratorOptions,
  type NamedCallDecoratorOptions,
} from '../nest/genai/call.decorator.js';
export { GenAiModule } from '../nest/genai/genai.module.js';
export type { AnyValue } from '../nest/decorators/span-options.js';
