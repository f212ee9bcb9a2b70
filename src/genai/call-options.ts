import type { Attributes } from '@opentelemetry/api';
import type { SpanOptions } from '../tracing/span-options.js';
import type { GenAiOperation } from './operations.js';

/** Parameters of a request to a model. */
export interface RequestParameters {
  /** The temperature, `gen_ai.request.temperature`. */
  readonly temperature?: number;
  /** The probability limit for tokens, `gen_ai.request.top_p`. */
  readonly topP?: number;
  /** The number of tokens to choose from, `gen_ai.request.top_k`. */
  readonly topK?: number;
  /** The most tokens of the answer, `gen_ai.request.max_tokens`. */
  readonly maxTokens?: number;
  /** The frequency penalty, `gen_ai.request.frequency_penalty`. */
  readonly frequencyPenalty?: number;
  /** The presence penalty, `gen_ai.request.presence_penalty`. */
  readonly presencePenalty?: number;
  /** The random seed, `gen_ai.request.seed`. */
  readonly seed?: number;
  /** The number of answers to generate, `gen_ai.request.choice.count`. */
  readonly choiceCount?: number;
  /** Formats of embeddings, such as `base64`. */
  readonly encodingFormats?: readonly string[];
  /** Texts that stop the answer. Recorded only if `genai.capture` includes `invocationParameters`. */
  readonly stopSequences?: readonly string[];
  /** The service tier, `openai.request.service_tier`. */
  readonly serviceTier?: string;
}

/** Identifies the agent that makes a call. */
export interface AgentIdentity {
  /** The agent's id, `gen_ai.agent.id`. */
  readonly id?: string;
  /** The agent's name, `gen_ai.agent.name`; part of the span's name. */
  readonly name?: string;
  /** The agent's version, `gen_ai.agent.version`. */
  readonly version?: string;
  /** The agent's description, `gen_ai.agent.description`. */
  readonly description?: string;
}

/** Identifies the data that an answer is made from. */
export interface DataContext {
  /** Names of collections, `pharia.data.collections`. */
  readonly collections?: readonly string[];
  /** Ids of data sets, `pharia.data.dataset.ids`. */
  readonly datasetIds?: readonly string[];
  /** Namespaces, `pharia.data.namespaces`. */
  readonly namespaces?: readonly string[];
  /** Names of indexes, `pharia.data.indexes`. */
  readonly indexes?: readonly string[];
}

/** Options of every GenAI span. */
export interface CallOptions {
  /** The provider, such as `openai`, `anthropic` or `gcp.gemini`. */
  readonly provider?: string;
  /** The model, such as `gpt-4o`. */
  readonly model?: string;
  /** The conversation's id, `gen_ai.conversation.id`. The cost of its calls is summed. */
  readonly conversation?: string;
  /** The agent that makes the call. */
  readonly agent?: AgentIdentity;
  /** Further parameters of the request. */
  readonly parameters?: RequestParameters;
  /** The data that the answer is made from. */
  readonly dataContext?: DataContext;
  /** The requested type of output, `gen_ai.output.type`. */
  readonly outputType?: 'text' | 'json' | 'image' | 'speech' | (string & {});
  /** Whether the answer is a stream; default: whether the function returns one. */
  readonly stream?: boolean;
  /** The address of the model's server. */
  readonly server?: { readonly address: string; readonly port?: number };
  /** The input, recorded if `genai.capture` allows it, like `call.setInput`. */
  readonly input?: unknown;
  /** Further attributes of the span. */
  readonly attributes?: Attributes;
  /** The parent: a span, span context or context; default: the active span. */
  readonly parent?: SpanOptions['parent'];
  /** Reads the chunks of a stream whose provider is unknown to this library. */
  readonly mapChunks?: (chunk: never) => ChunkReading | undefined;
}

/** The facts of one chunk of a stream. */
export interface ChunkReading {
  /** A part of the answer's text. */
  readonly text?: string;
  /** The tokens of the whole input so far. */
  readonly inputTokens?: number;
  /** The tokens of the whole output so far. */
  readonly outputTokens?: number;
  /** The reason why the model stopped; only the last chunk has one. */
  readonly finishReason?: string;
  /** The model that answers. */
  readonly model?: string;
  /** The answer's id. */
  readonly id?: string;
}

/** Options of a model call. */
export interface ModelCallOptions extends CallOptions {
  /** The provider, such as `openai`. */
  readonly provider: string;
  /** The model, such as `gpt-4o`. */
  readonly model: string;
}

/** Options of a chat call. */
export interface ChatOptions extends ModelCallOptions {
  /** The operation; default `chat`. */
  readonly operation?: 'chat' | 'generate_content';
}

/** Options of an embeddings call. */
export interface EmbeddingsOptions extends ModelCallOptions {
  /** The dimensions of the vectors. */
  readonly dimensions?: number;
}

/** Options of a search. */
export interface RetrievalOptions extends CallOptions {
  /** The searched data source, `gen_ai.data_source.id`. */
  readonly dataSource?: string;
}

/** Options of a tool. */
export interface ToolOptions extends CallOptions {
  /** The tool's name; part of the span's name. */
  readonly name: string;
  /** The kind of tool, such as `function`, `extension` or `datastore`. */
  readonly type?: string;
  /** The description that the model received. */
  readonly description?: string;
  /** The id that the model gave to the tool call. */
  readonly callId?: string;
}

/** Options of an agent. */
export interface AgentOptions extends CallOptions, AgentIdentity {
  /** The operation; default `invoke`. */
  readonly operation?: 'create' | 'invoke';
  /** Whether another process runs the agent, so that the span's kind is client; default false. */
  readonly remote?: boolean;
}

/** Options of a workflow. */
export interface WorkflowOptions extends CallOptions {
  /** The workflow's name; part of the span's name. */
  readonly name: string;
}

/** Options of an operation on an agent's memory. */
export interface MemoryOptions extends CallOptions {
  /** The operation, which is also the span's name. */
  readonly operation:
    | 'search_memory'
    | 'create_memory'
    | 'update_memory'
    | 'upsert_memory'
    | 'delete_memory'
    | 'create_memory_store'
    | 'delete_memory_store';
  /** The store's id, `gen_ai.memory.store.id`. */
  readonly store?: string;
  /** The record's id, `gen_ai.memory.record.id`. */
  readonly recordId?: string;
  /** The number of records, `gen_ai.memory.record.count`. */
  readonly recordCount?: number;
}

/** Options of a step that only OpenInference defines: a guardrail, an evaluator, a chain, a prompt. */
export interface StepOptions extends CallOptions {
  /** The span's name. */
  readonly name: string;
}

/** Options of a reranker. */
export interface RerankerOptions extends CallOptions {
  /** The span's name; default `rerank {model}`. */
  readonly name?: string;
  /** The query by which documents are ordered. */
  readonly query?: string;
  /** The number of documents that are kept. */
  readonly topK?: number;
}

/** Facts about an answer, from the model or its provider. */
export interface CallResponse {
  /** The answer's id, `gen_ai.response.id`. */
  readonly id?: string;
  /** The model that answered. */
  readonly model?: string;
  /** The reasons why the model stopped, one per choice. */
  readonly finishReasons?: readonly string[];
  /** The system fingerprint, `openai.response.system_fingerprint`. */
  readonly fingerprint?: string;
  /** The service tier, `openai.response.service_tier`. */
  readonly serviceTier?: string;
}

/** An evaluation of an answer. */
export interface Evaluation {
  /** The evaluation's name, such as `Relevance`. */
  readonly name: string;
  /** A number, on the evaluator's own scale. */
  readonly score?: number;
  /** The result in a word, such as `pass`. */
  readonly label?: string;
  /** The evaluator's explanation, recorded if outputs are captured. */
  readonly explanation?: string;
  /** The evaluated answer's id; default: that of this call. */
  readonly responseId?: string;
}

/** A document that a search found. */
export interface RetrievedDocument {
  /** The document's id in the data source. */
  readonly id?: string;
  /** The text that was found. */
  readonly content?: string;
  /** The relevance of the document, as a number. */
  readonly score?: number;
  /** Metadata from the data source. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Options of any operation. */
export interface OperationOptions
  extends Omit<AgentOptions, 'operation' | 'name'>, Partial<Omit<ToolOptions, keyof CallOptions>> {
  /** The operation; part of the span's name. */
  readonly operation: GenAiOperation;
  /** The data source's id, `gen_ai.data_source.id`. */
  readonly dataSource?: string;
  /** The dimensions of the vectors, `gen_ai.embeddings.dimension.count`. */
  readonly dimensions?: number;
  /** The store's id, `gen_ai.memory.store.id`. */
  readonly store?: string;
  /** The record's id, `gen_ai.memory.record.id`. */
  readonly recordId?: string;
  /** The number of records, `gen_ai.memory.record.count`. */
  readonly recordCount?: number;
}
