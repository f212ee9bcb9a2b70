import { activeCall } from './current-call.js';
import type {
  AgentOptions,
  CallOptions,
  ChatOptions,
  EmbeddingsOptions,
  MemoryOptions,
  ModelCallOptions,
  OperationOptions,
  RerankerOptions,
  RetrievalOptions,
  StepOptions,
  ToolOptions,
  WorkflowOptions,
} from './call-options.js';
import { aiSdkTelemetry, type AiSdkTelemetry } from './clients/ai-sdk.js';
import type { InstrumentOptions } from './clients/client-endpoint.js';
import { instrumentClient } from './clients/instrument.js';
import { LangChainHandler } from './clients/langchain-handler.js';
import type { GenAiHost } from './genai-host.js';
import type { GenAiCall } from './genai-call.js';
import { runCall, type AnyOperation } from './run-call.js';
import { describe } from './describe.js';

/** Runs as a call, and is given it. */
export type CallBody<T> = (call: GenAiCall) => T;

/**
 * Spans, tokens, cost and metrics of model calls, agents and tools. Inject it anywhere: each call belongs to
 * the instance of the flow that makes it.
 *
 * Every method runs a function in a span that ends when its result is there: a value, a promise, or a stream
 * of chunks, whose times, tokens and finish reason are read as they come.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/gen-ai/ | Semantic conventions, generative AI}
 */
export class GenAiTracer {
  constructor(private readonly host: GenAiHost) {}

  /** The innermost call around the running code, for code that was not given it. */
  static activeCall(): GenAiCall | undefined {
    return activeCall();
  }

  /** Does as the static method, for code that injects the tracer. */
  activeCall(): GenAiCall | undefined {
    return activeCall();
  }

  /** A model that answers messages: `chat {model}`, or `generate_content {model}`. */
  withChat<T>(options: ChatOptions, fn: CallBody<T>): T {
    return this.run(options.operation ?? 'chat', options, fn);
  }

  /** A model that completes a text: `text_completion {model}`. */
  withTextCompletion<T>(options: ModelCallOptions, fn: CallBody<T>): T {
    return this.run('text_completion', options, fn);
  }

  /** Vectors of texts: `embeddings {model}`. */
  withEmbeddings<T>(options: EmbeddingsOptions, fn: CallBody<T>): T {
    return this.run('embeddings', options, fn);
  }

  /**
   * A search for documents: `retrieval {dataSource}`. What the function returns is recorded as
   * documents, where captured.
   */
  withRetrieval<T>(options: RetrievalOptions, fn: CallBody<T>): T {
    return this.run('retrieval', options, fn);
  }

  /** A tool at work: `execute_tool {name}`. */
  withTool<T>(options: ToolOptions, fn: CallBody<T>): T {
    return this.run('execute_tool', options, fn);
  }

  /**
   * An agent that is invoked, or created: `invoke_agent {name}`. Tokens and cost of what it
   * calls are summed on its span.
   */
  withAgent<T>(options: AgentOptions, fn: CallBody<T>): T {
    return this.run(options.operation === 'create' ? 'create_agent' : 'invoke_agent', options, fn);
  }

  /** Several agents or steps that work together: `invoke_workflow {name}`. */
  withWorkflow<T>(options: WorkflowOptions, fn: CallBody<T>): T {
    return this.run('invoke_workflow', options, fn);
  }

  /** An agent that decides what to do: `plan {agent}`. */
  withPlan<T>(options: CallOptions, fn: CallBody<T>): T {
    return this.run('plan', options, fn);
  }

  /** Work on an agent's memory: `search_memory` and its like. */
  withMemory<T>(options: MemoryOptions, fn: CallBody<T>): T {
    return this.run(options.operation, options, fn);
  }

  /** A check of what goes in or comes out; OpenInference's `GUARDRAIL`. */
  withGuardrail<T>(options: StepOptions, fn: CallBody<T>): T {
    return this.run('guardrail', options, fn);
  }

  /** A model that orders documents; OpenInference's `RERANKER`. */
  withReranker<T>(options: RerankerOptions, fn: CallBody<T>): T {
    return this.run('reranker', options, fn);
  }

  /** A judgement of an answer; OpenInference's `EVALUATOR`. */
  withEvaluator<T>(options: StepOptions, fn: CallBody<T>): T {
    return this.run('evaluator', options, fn);
  }

  /** A step that links others; OpenInference's `CHAIN`. */
  withChain<T>(options: StepOptions, fn: CallBody<T>): T {
    return this.run('chain', options, fn);
  }

  /** A template that is rendered; OpenInference's `PROMPT`. */
  withPrompt<T>(options: StepOptions, fn: CallBody<T>): T {
    return this.run('prompt', options, fn);
  }

  /** Any operation of the `gen_ai` conventions, by its name. */
  withOperation<T>(options: OperationOptions, fn: CallBody<T>): T {
    return this.run(options.operation, options, fn);
  }

  /**
   * Has every call of a client become a span: clients of `openai`, `@anthropic-ai/sdk`, `@google/genai`,
   * clients and servers of `@modelcontextprotocol`, and an `McpStrategy` of `@rekog/mcp-nest`. What the
   * client returns is what it returns anyway.
   *
   * @returns the same object; one that is instrumented already is left as it is
   * @throws TelemetryConfigError if it is none of these
   */
  instrument<C extends object>(client: C, options: InstrumentOptions = {}): C {
    return instrumentClient(client, this.host, options);
  }

  /** For AI SDK 7: pass it to `registerTelemetry`, or to one call as `telemetry: { integrations: … }`. */
  aiSdkTelemetry(): AiSdkTelemetry {
    return aiSdkTelemetry(this.host);
  }

  /** For LangChain.js: pass it in `callbacks`. */
  langChainHandler(): LangChainHandler {
    return new LangChainHandler(this.host);
  }

  /** @internal */
  run<T>(operation: AnyOperation, options: CallOptions, fn: CallBody<T>, written: unknown = fn): T {
    return runCall(this.host.manager(), operation, describe(operation, options), fn, written);
  }
}
