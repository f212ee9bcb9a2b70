import type { Attributes } from '@opentelemetry/api';
import type { SpanOptions } from '../tracing/span-options.js';
import type { GenAiOperation } from './operations.js';

/** Parameters of a request to a model. */
export interface RequestParameters {
  /** `gen_ai.request.temperature` */
  readonly temperature?: number;
  /** `gen_ai.request.top_p` */
  readonly topP?: number;
  /** `gen_ai.request.top_k` */
  readonly topK?: number;
  /** Most tokens of the answer. */
  readonly maxTokens?: number;
  /** `gen_ai.request.frequency_penalty` */
  readonly frequencyPenalty?: number;
  /** `gen_ai.request.presence_penalty` */
  readonly presencePenalty?: number;
  /** `gen_ai.request.seed` */
  readonly seed?: number;
  /** Answers that are asked for at once. */
  readonly choiceCount?: number;
  /** Formats of embeddings, such as `base64`. */
  readonly encodingFormats?: readonly string[];
  /** Recorded only where `genai.capture` includes `invocationParameters`, as they are texts. */
  readonly stopSequences?: readonly string[];
  /** `openai.request.service_tier` */
  readonly serviceTier?: string;
}

/** The agent that acts. */
export interface AgentIdentity {
  /** `gen_ai.agent.id` */
  readonly id?: string;
  /** `gen_ai.agent.name`; part of the name of the span. */
  readonly name?: string;
  /** `gen_ai.agent.version` */
  readonly version?: string;
  /** `gen_ai.agent.description` */
  readonly description?: string;
}

/** Which data an answer is made from. */
export interface DataContext {
  /** `pharia.data.collections` */
  readonly collections?: readonly string[];
  /** `pharia.data.dataset.ids` */
  readonly datasetIds?: readonly string[];
  /** `pharia.data.namespaces` */
  readonly namespaces?: readonly string[];
  /** `pharia.data.indexes` */
  readonly indexes?: readonly string[];
}

/** Options that every GenAI span takes when it begins. */
export interface CallOptions {
  /** Such as `openai`, `anthropic`, `gcp.gemini`. */
  readonly provider?: string;
  /** Such as `gpt-4o`. */
  readonly model?: string;
  /** Id of the conversation, `gen_ai.conversation.id`; calls of one are summed. */
  readonly conversation?: string;
  /** The agent that makes the call. */
  readonly agent?: AgentIdentity;
  /** Further parameters of the request. */
  readonly parameters?: RequestParameters;
  /** The data that the answer is made from. */
  readonly dataContext?: DataContext;
  /** `gen_ai.output.type` */
  readonly outputType?: 'text' | 'json' | 'image' | 'speech' | (string & {});
  /** Whether the answer comes in pieces; detected where a stream is returned. */
  readonly stream?: boolean;
  /** Where the model is served. */
  readonly server?: { readonly address: string; readonly port?: number };
  /** Recorded where `genai.capture` allows it, as by `call.setInput`. */
  readonly input?: unknown;
  /** Further attributes of the span. */
  readonly attributes?: Attributes;
  /** A span, span context or context to start under; default: the active span. */
  readonly parent?: SpanOptions['parent'];
  /** Reads the chunks of a stream that no client of a known provider made. */
  readonly mapChunks?: (chunk: never) => ChunkReading | undefined;
}

/** The facts of one chunk of a stream. */
export interface ChunkReading {
  /** Part of the answer. */
  readonly text?: string;
  /** Tokens of the whole input, so far. */
  readonly inputTokens?: number;
  /** Tokens of the whole output, so far. */
  readonly outputTokens?: number;
  /** Why the model stopped; in the last chunk. */
  readonly finishReason?: string;
  /** The model that answers. */
  readonly model?: string;
  /** Id of the answer. */
  readonly id?: string;
}

/** A call of a model. */
export interface ModelCallOptions extends CallOptions {
  /** Such as `openai`. */
  readonly provider: string;
  /** Such as `gpt-4o`. */
  readonly model: string;
}

/** Options of a model that answers messages. */
export interface ChatOptions extends ModelCallOptions {
  /** Default `chat`. */
  readonly operation?: 'chat' | 'generate_content';
}

/** Options of a model that makes vectors. */
export interface EmbeddingsOptions extends ModelCallOptions {
  /** Dimensions of the vectors. */
  readonly dimensions?: number;
}

/** Options of a search. */
export interface RetrievalOptions extends CallOptions {
  /** The data source that is searched, `gen_ai.data_source.id`. */
  readonly dataSource?: string;
}

/** Options of a tool. */
export interface ToolOptions extends CallOptions {
  /** Part of the name of the span. */
  readonly name: string;
  /** Such as `function`, `extension`, `datastore`. */
  readonly type?: string;
  /** The description that the model got. */
  readonly description?: string;
  /** The id that the model gave to the call. */
  readonly callId?: string;
}

/** Options of an agent. */
export interface AgentOptions extends CallOptions, AgentIdentity {
  /** Default `invoke`. */
  readonly operation?: 'create' | 'invoke';
  /** Whether another process runs the agent, so that its span is a client's; default false. */
  readonly remote?: boolean;
}

/** Options of a workflow. */
export interface WorkflowOptions extends CallOptions {
  /** Part of the name of the span. */
  readonly name: string;
}

/** Options of work on a memory. */
export interface MemoryOptions extends CallOptions {
  /** Name of the span. */
  readonly operation:
    | 'search_memory'
    | 'create_memory'
    | 'update_memory'
    | 'upsert_memory'
    | 'delete_memory'
    | 'create_memory_store'
    | 'delete_memory_store';
  /** `gen_ai.memory.store.id` */
  readonly store?: string;
  /** `gen_ai.memory.record.id` */
  readonly recordId?: string;
  /** `gen_ai.memory.record.count` */
  readonly recordCount?: number;
}

/** A step that OpenInference knows: a guardrail, an evaluator, a chain, a prompt. */
export interface StepOptions extends CallOptions {
  /** Name of the span. */
  readonly name: string;
}

/** Options of a reranker. */
export interface RerankerOptions extends CallOptions {
  /** Name of the span; default `rerank {model}`. */
  readonly name?: string;
  /** Query by which documents are ordered. */
  readonly query?: string;
  /** Documents that are kept. */
  readonly topK?: number;
}

/** Facts about an answer from the model or its provider. */
export interface CallResponse {
  /** `gen_ai.response.id` */
  readonly id?: string;
  /** The model that has answered. */
  readonly model?: string;
  /** Why the model stopped, for each answer. */
  readonly finishReasons?: readonly string[];
  /** `openai.response.system_fingerprint` */
  readonly fingerprint?: string;
  /** `openai.response.service_tier` */
  readonly serviceTier?: string;
}

/** A judgement of an answer. */
export interface Evaluation {
  /** Name of the evaluation, such as `Relevance`. */
  readonly name: string;
  /** A number on a scale of your own. */
  readonly score?: number;
  /** The result in a word, such as `pass`. */
  readonly label?: string;
  /** Recorded where outputs are captured. */
  readonly explanation?: string;
  /** Id of the answer that is judged; default: that of this call. */
  readonly responseId?: string;
}

/** A document that a search has found. */
export interface RetrievedDocument {
  /** The document's id in the data source. */
  readonly id?: string;
  /** The text that was found. */
  readonly content?: string;
  /** How well it fits. */
  readonly score?: number;
  /** Metadata from the data source. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Any operation with everything that its span may be told. */
export interface OperationOptions
  extends Omit<AgentOptions, 'operation' | 'name'>, Partial<Omit<ToolOptions, keyof CallOptions>> {
  /** Which operation; part of the name of the span. */
  readonly operation: GenAiOperation;
  /** `gen_ai.data_source.id` */
  readonly dataSource?: string;
  /** `gen_ai.embeddings.dimension.count` */
  readonly dimensions?: number;
  /** `gen_ai.memory.store.id` */
  readonly store?: string;
  /** `gen_ai.memory.record.id` */
  readonly recordId?: string;
  /** `gen_ai.memory.record.count` */
  readonly recordCount?: number;
}
