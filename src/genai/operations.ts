import { SpanKind } from '@opentelemetry/api';

/** The values of `openinference.span.kind`. */
export type OpenInferenceSpanKind =
  | 'LLM'
  | 'CHAIN'
  | 'TOOL'
  | 'RETRIEVER'
  | 'RERANKER'
  | 'EMBEDDING'
  | 'AGENT'
  | 'GUARDRAIL'
  | 'EVALUATOR'
  | 'PROMPT';

/** The kind of subject that follows an operation in the span's name. */
export type OperationSubject = 'model' | 'agent' | 'tool' | 'dataSource' | 'workflow' | 'nothing';

interface Operation {
  readonly kind: SpanKind;
  readonly subject: OperationSubject;
  readonly spanKind: OpenInferenceSpanKind;
}

const MEMORY: Operation = { kind: SpanKind.CLIENT, subject: 'nothing', spanKind: 'CHAIN' };

/**
 * The operations of the `gen_ai` conventions, by `gen_ai.operation.name`.
 *
 * @see {@link https://github.com/open-telemetry/semantic-conventions-genai | Semantic conventions,
 *   generative AI}
 */
export const OPERATIONS: Readonly<Record<GenAiOperation, Operation>> = {
  chat: { kind: SpanKind.CLIENT, subject: 'model', spanKind: 'LLM' },
  generate_content: { kind: SpanKind.CLIENT, subject: 'model', spanKind: 'LLM' },
  text_completion: { kind: SpanKind.CLIENT, subject: 'model', spanKind: 'LLM' },
  embeddings: { kind: SpanKind.CLIENT, subject: 'model', spanKind: 'EMBEDDING' },
  retrieval: { kind: SpanKind.CLIENT, subject: 'dataSource', spanKind: 'RETRIEVER' },
  execute_tool: { kind: SpanKind.INTERNAL, subject: 'tool', spanKind: 'TOOL' },
  create_agent: { kind: SpanKind.CLIENT, subject: 'agent', spanKind: 'AGENT' },
  invoke_agent: { kind: SpanKind.INTERNAL, subject: 'agent', spanKind: 'AGENT' },
  invoke_workflow: { kind: SpanKind.INTERNAL, subject: 'workflow', spanKind: 'CHAIN' },
  plan: { kind: SpanKind.INTERNAL, subject: 'agent', spanKind: 'CHAIN' },
  search_memory: { ...MEMORY, spanKind: 'RETRIEVER' },
  create_memory: MEMORY,
  update_memory: MEMORY,
  upsert_memory: MEMORY,
  delete_memory: MEMORY,
  create_memory_store: MEMORY,
  delete_memory_store: MEMORY,
};

/** Operations of OpenInference without a `gen_ai` name. The caller names their spans. */
export const PLAIN_OPERATIONS = {
  chain: { kind: SpanKind.INTERNAL, spanKind: 'CHAIN' },
  guardrail: { kind: SpanKind.INTERNAL, spanKind: 'GUARDRAIL' },
  reranker: { kind: SpanKind.CLIENT, spanKind: 'RERANKER' },
  evaluator: { kind: SpanKind.INTERNAL, spanKind: 'EVALUATOR' },
  prompt: { kind: SpanKind.INTERNAL, spanKind: 'PROMPT' },
} as const satisfies Readonly<Record<string, Omit<Operation, 'subject'>>>;

/** The values of `gen_ai.operation.name`. */
export type GenAiOperation =
  | 'chat'
  | 'generate_content'
  | 'text_completion'
  | 'embeddings'
  | 'retrieval'
  | 'execute_tool'
  | 'create_agent'
  | 'invoke_agent'
  | 'invoke_workflow'
  | 'plan'
  | 'search_memory'
  | 'create_memory'
  | 'update_memory'
  | 'upsert_memory'
  | 'delete_memory'
  | 'create_memory_store'
  | 'delete_memory_store';
/** An operation that only OpenInference defines. */
export type PlainOperation = keyof typeof PLAIN_OPERATIONS;

export function isGenAiOperation(name: string): name is GenAiOperation {
  return Object.hasOwn(OPERATIONS, name);
}

const INFERENCE: ReadonlySet<string> = new Set<GenAiOperation>([
  'chat',
  'generate_content',
  'text_completion',
]);

/** Whether a model answers in an operation. */
export function isInference(operation: string): boolean {
  return INFERENCE.has(operation);
}
