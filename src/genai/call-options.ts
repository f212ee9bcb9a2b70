import type { Attributes } from '@opentelemetry/api';
import type { SpanOptions } from '../tracing/span-options.js';
import type { GenAiOperation } from './operations.js';

/** Parameters of a request to a model. */
export interface RequestParameters {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxTokens?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  /** Answers that are asked for at once. */
  readonly choiceCount?: number;
  readonly encodingFormats?: readonly string[];
  /** Recorded only where `genai.capture` includes `invocationParameters`, as they are texts. */
  readonly stopSequences?: readonly string[];
  readonly serviceTier?: string;
}

/** Who acts. */
export interface AgentIdentity {
  readonly id?: string;
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
}

/** Which data an answer is made from. */
export interface DataContext {
  readonly collections?: readonly string[];
  readonly datasetIds?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly indexes?: readonly string[];
}

/** What every GenAI span may be told when it begins. */
export interface CallOptions {
  /** Such as `openai`, `anthropic`, `gcp.gemini`. */
  readonly provider?: string;
  readonly model?: string;
  /** Id of the conversation, `gen_ai.conversation.id`; calls of one are summed. */
  readonly conversation?: string;
  readonly agent?: AgentIdentity;
  readonly parameters?: RequestParameters;
  readonly dataContext?: DataContext;
  readonly outputType?: 'text' | 'json' | 'image' | 'speech' | (string & {});
  /** Whether the answer comes in pieces; found out by itself where a stream is returned. */
  readonly stream?: boolean;
  /** Where the model is served. */
  readonly server?: { readonly address: string; readonly port?: number };
  /** Recorded where `genai.capture` allows it, as by `call.setInput`. */
  readonly input?: unknown;
  readonly attributes?: Attributes;
  /** A span, span context or context to start under; default: the active span. */
  readonly parent?: SpanOptions['parent'];
  /** Reads the chunks of a stream that no client of a known provider made. */
  readonly mapChunks?: (chunk: never) => ChunkReading | undefined;
}

/** What a chunk of a stream says. */
export interface ChunkReading {
  readonly text?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly finishReason?: string;
  readonly model?: string;
  readonly id?: string;
}

/** A call of a model. */
export interface ModelCallOptions extends CallOptions {
  readonly provider: string;
  readonly model: string;
}

export interface ChatOptions extends ModelCallOptions {
  /** Default `chat`. */
  readonly operation?: 'chat' | 'generate_content';
}

export interface EmbeddingsOptions extends ModelCallOptions {
  readonly dimensions?: number;
}

export interface RetrievalOptions extends CallOptions {
  /** What is searched, `gen_ai.data_source.id`. */
  readonly dataSource?: string;
}

export interface ToolOptions extends CallOptions {
  readonly name: string;
  /** Such as `function`, `extension`, `datastore`. */
  readonly type?: string;
  readonly description?: string;
  /** As the model named the call. */
  readonly callId?: string;
}

export interface AgentOptions extends CallOptions, AgentIdentity {
  /** Default `invoke`. */
  readonly operation?: 'create' | 'invoke';
  /** Whether another process runs the agent, so that its span is a client's; default false. */
  readonly remote?: boolean;
}

export interface WorkflowOptions extends CallOptions {
  readonly name: string;
}

export interface MemoryOptions extends CallOptions {
  readonly operation:
    | 'search_memory'
    | 'create_memory'
    | 'update_memory'
    | 'upsert_memory'
    | 'delete_memory'
    | 'create_memory_store'
    | 'delete_memory_store';
  readonly store?: string;
  readonly recordId?: string;
  readonly recordCount?: number;
}

/** A step that OpenInference knows: a guardrail, an evaluator, a chain, a prompt. */
export interface StepOptions extends CallOptions {
  /** Name of the span. */
  readonly name: string;
}

export interface RerankerOptions extends CallOptions {
  /** Name of the span; default `rerank {model}`. */
  readonly name?: string;
  readonly query?: string;
  readonly topK?: number;
}

/** What a model or its provider says of an answer. */
export interface CallResponse {
  readonly id?: string;
  readonly model?: string;
  readonly finishReasons?: readonly string[];
  readonly fingerprint?: string;
  readonly serviceTier?: string;
}

/** A judgement of an answer. */
export interface Evaluation {
  readonly name: string;
  readonly score?: number;
  readonly label?: string;
  readonly explanation?: string;
  /** Id of the answer that is judged; default: that of this call. */
  readonly responseId?: string;
}

/** A document that a search has found. */
export interface RetrievedDocument {
  readonly id?: string;
  readonly content?: string;
  readonly score?: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Any operation with everything that its span may be told. */
export interface OperationOptions
  extends Omit<AgentOptions, 'operation' | 'name'>, Partial<Omit<ToolOptions, keyof CallOptions>> {
  readonly operation: GenAiOperation;
  readonly dataSource?: string;
  readonly dimensions?: number;
  readonly store?: string;
  readonly recordId?: string;
  readonly recordCount?: number;
}
