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

/** A function that runs inside a call and receives the call. */
export type CallBody<T> = (call: GenAiCall) => T;

/**
 * Records spans, tokens, cost and metrics of model calls, agents and tools. Inject it anywhere: each call
 * belongs to the instance of its flow.
 *
 * Every method runs a function in a span, which ends when the result is complete: a value, a promise, or a
 * stream of chunks. Times, tokens and finish reason of a stream are read from its chunks.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/gen-ai/ | Semantic conventions, generative AI}
 */
export class GenAiTracer {
  constructor(private readonly host: GenAiHost) {}

  /** Returns the innermost call around the running code. */
  static activeCall(): GenAiCall | undefined {
    return activeCall();
  }

  /** Returns the innermost call around the running code, like the static method. */
  activeCall(): GenAiCall | undefined {
    return activeCall();
  }

  /** Runs a model that answers messages: `chat {model}`, or `generate_content {model}`. */
  withChat<T>(options: ChatOptions, fn: CallBody<T>): T {
    return this.run(options.operation ?? 'chat', options, fn);
  }

  /** Runs a model that completes a text: `text_completion {model}`. */
  withTextCompletion<T>(options: ModelCallOptions, fn: CallBody<T>): T {
    return this.run('text_completion', options, fn);
  }

  /** Computes embeddings of texts: `embeddings {model}`. */
  withEmbeddings<T>(options: EmbeddingsOptions, fn: CallBody<T>): T {
    return this.run('embeddings', options, fn);
  }

  /**
   * Searches for documents: `retrieval {dataSource}`. The function's result is recorded as documents, if
   * captured.
   */
  withRetrieval<T>(options: RetrievalOptions, fn: CallBody<T>): T {
    return this.run('retrieval', options, fn);
  }

  /** Runs a tool: `execute_tool {name}`. */
  withTool<T>(options: ToolOptions, fn: CallBody<T>): T {
    return this.run('execute_tool', options, fn);
  }

  /**
   * Invokes or creates an agent: `invoke_agent {name}`. Its span shows the sum of the tokens and cost of
   * its calls.
   */
  withAgent<T>(options: AgentOptions, fn: CallBody<T>): T {
    return this.run(options.operation === 'create' ? 'create_agent' : 'invoke_agent', options, fn);
  }

  /** Runs several agents or steps together: `invoke_workflow {name}`. */
  withWorkflow<T>(options: WorkflowOptions, fn: CallBody<T>): T {
    return this.run('invoke_workflow', options, fn);
  }

  /** Lets an agent decide what to do: `plan {agent}`. */
  withPlan<T>(options: CallOptions, fn: CallBody<T>): T {
    return this.run('plan', options, fn);
  }

  /** Works on an agent's memory: `search_memory` and similar operations. */
  withMemory<T>(options: MemoryOptions, fn: CallBody<T>): T {
    return this.run(options.operation, options, fn);
  }

  /** Checks an input or output; OpenInference's `GUARDRAIL`. */
  withGuardrail<T>(options: StepOptions, fn: CallBody<T>): T {
    return this.run('guardrail', options, fn);
  }

  /** Orders documents with a model; OpenInference's `RERANKER`. */
  withReranker<T>(options: RerankerOptions, fn: CallBody<T>): T {
    return this.run('reranker', options, fn);
  }

  /** Evaluates an answer; OpenInference's `EVALUATOR`. */
  withEvaluator<T>(options: StepOptions, fn: CallBody<T>): T {
    return this.run('evaluator', options, fn);
  }

  /** Runs a step that links others; OpenInference's `CHAIN`. */
  withChain<T>(options: StepOptions, fn: CallBody<T>): T {
    return this.run('chain', options, fn);
  }

  /** Renders a template; OpenInference's `PROMPT`. */
  withPrompt<T>(options: StepOptions, fn: CallBody<T>): T {
    return this.run('prompt', options, fn);
  }

  /** Runs any operation of the `gen_ai` conventions, by its name. */
  withOperation<T>(options: OperationOptions, fn: CallBody<T>): T {
    return this.run(options.operation, options, fn);
  }

  /**
   * Makes every call of a client a span. It accepts clients of `openai`, `@anthropic-ai/sdk` and
   * `@google/genai`, clients and servers of `@modelcontextprotocol`, and an `McpStrategy` of
   * `@rekog/mcp-nest`. The client's results stay unchanged.
   *
   * @returns the same object; an instrumented one is left unchanged
   * @throws TelemetryConfigError if the client is of another kind
   */
  instrument<C extends object>(client: C, options: InstrumentOptions = {}): C {
    return instrumentClient(client, this.host, options);
  }

  /**
   * Returns the listener for AI SDK 7: pass it to `registerTelemetry`, or to one call as
   * `telemetry: { integrations: … }`.
   */
  aiSdkTelemetry(): AiSdkTelemetry {
    return aiSdkTelemetry(this.host);
  }

  /** Returns the handler for LangChain.js: pass it in `callbacks`. */
  langChainHandler(): LangChainHandler {
    return new LangChainHandler(this.host);
  }

  /** Runs a call of any operation. @internal */
  run<T>(operation: AnyOperation, options: CallOptions, fn: CallBody<T>, written: unknown = fn): T {
    return runCall(this.host.manager(), operation, describe(operation, options), fn, written);
  }
}
