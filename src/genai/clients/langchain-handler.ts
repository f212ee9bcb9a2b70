import { defined, fieldsOf, listOf, numberOf, textOf, type Fields } from '../answers/fields.js';
import type { CallDescription } from '../call-facts.js';
import type { CallResponse, RequestParameters } from '../call-options.js';
import type { GenAiHost } from '../genai-host.js';
import { startCall, type AnyOperation, type StartedCall } from '../run-call.js';
import type { Usage } from '../usage.js';
import { OpenCalls } from './open-calls.js';

/** LangChain's provider names that differ from the conventions'. */
const PROVIDERS: Readonly<Record<string, string>> = {
  google_genai: 'gcp.gemini',
  google_vertexai: 'gcp.vertex_ai',
  mistralai: 'mistral_ai',
  xai: 'x_ai',
  azure: 'azure.ai.openai',
  amazon_bedrock: 'aws.bedrock',
};

/**
 * Receives the events of LangChain's runs; pass it in `callbacks`. Each run becomes a span, below the span
 * of its parent run.
 *
 * **Gotchas** Callbacks cannot activate a span, so spans that other code creates inside a run are siblings
 * of the run's span.
 */
export class LangChainHandler {
  /** The handler's name in LangChain's logs. */
  readonly name = 'nestjs-telemetry';
  /** Makes runs wait for the handler, so that spans begin and end with their runs. */
  readonly awaitHandlers = true;
  /** Keeps LangChain from rethrowing errors of this handler. */
  readonly raiseError = false;
  private readonly runs = new OpenCalls<StartedCall>((started) => {
    started.call.left();
    started.end();
  });

  constructor(private readonly host: GenAiHost) {}

  /** Begins a span; called by LangChain when a chat model starts. */
  handleChatModelStart(llm: unknown, messages: unknown, runId: string, ...rest: unknown[]): void {
    const [first] = Array.isArray(messages) ? (messages as unknown[]) : [];
    this.beginModel('chat', llm, first, runId, rest);
  }

  /** Begins a span; called by LangChain when a text model starts. */
  handleLLMStart(llm: unknown, prompts: unknown, runId: string, ...rest: unknown[]): void {
    this.beginModel('text_completion', llm, prompts, runId, rest);
  }

  /** Records a chunk; called by LangChain for each token of a streamed answer. */
  handleLLMNewToken(token: string, _index: unknown, runId: string): void {
    this.runs.get(runId)?.call.chunk(token);
  }

  /** Ends a span; called by LangChain when a model has answered. */
  handleLLMEnd(output: unknown, runId: string): void {
    const started = this.runs.take(runId);
    if (started === undefined) return;
    const [generations] = fieldsOf(output)['generations'] as readonly (readonly unknown[])[];
    const messages = (generations ?? []).map((generation) => fieldsOf(generation));
    const message = fieldsOf(messages[0]?.['message']);
    const meta = fieldsOf(message['response_metadata']);
    const told = fieldsOf(fieldsOf(output)['llmOutput']);
    const usage = usageOf(message['usage_metadata']) ?? usageOf(told['tokenUsage']);
    if (usage !== undefined) started.call.setUsage(usage);
    const reason = textOf(meta['finish_reason']) ?? textOf(meta['stop_reason']);
    started.call.setResponse(
      defined<CallResponse>({
        id: textOf(meta['id']) ?? textOf(message['id']),
        model: textOf(meta['model_name']) ?? textOf(meta['model']),
        fingerprint: textOf(meta['system_fingerprint']),
        finishReasons: reason === undefined ? undefined : [reason],
      }),
    );
    started.call.setOutput(
      started.call.operation === 'chat'
        ? messages.map((generation) => generation['message'] ?? generation['text'])
        : messages.map(({ text }) => text),
    );
    started.end();
  }

  /** Begins a span; called by LangChain when a chain starts. */
  handleChainStart(chain: unknown, inputs: unknown, runId: string, ...rest: unknown[]): void {
    // LangChain's types list these arguments in another order.
    const [parentRunId, , , , runName] = rest;
    const spanName = textOf(runName) ?? nameOf(chain) ?? 'chain';
    this.begin('chain', { spanName, input: inputs }, runId, parentRunId);
  }

  /** Ends a span; called by LangChain when a chain has ended. */
  handleChainEnd(outputs: unknown, runId: string): void {
    this.end(runId, outputs);
  }

  /** Begins a span; called by LangChain when a tool starts. */
  handleToolStart(tool: unknown, input: string, runId: string, ...rest: unknown[]): void {
    const [parentRunId, , , runName, callId] = rest;
    const named = textOf(runName) ?? textOf(fieldsOf(tool)['name']) ?? nameOf(tool);
    const described = defined({ name: named, callId: textOf(callId), type: 'function' });
    this.begin('execute_tool', { tool: described, input: parsed(input) }, runId, parentRunId);
  }

  /** Ends a span; called by LangChain when a tool has ended. */
  handleToolEnd(output: unknown, runId: string): void {
    this.end(runId, fieldsOf(output)['content'] ?? output);
  }

  /** Begins a span; called by LangChain when a retriever starts. */
  handleRetrieverStart(retriever: unknown, query: string, runId: string, ...rest: unknown[]): void {
    const [parentRunId, , , runName] = rest;
    const dataSource = textOf(runName) ?? nameOf(retriever);
    this.begin('retrieval', defined<CallDescription>({ dataSource, input: query }), runId, parentRunId);
  }

  /** Ends a span; called by LangChain when a retriever has ended. */
  handleRetrieverEnd(documents: unknown, runId: string): void {
    this.end(runId, documents);
  }

  /** Ends a span as failed; called by LangChain when a model fails. */
  handleLLMError(error: unknown, runId: string): void {
    this.runs.take(runId)?.fail(error);
  }

  /** Ends a span as failed; called by LangChain when a chain fails. */
  handleChainError(error: unknown, runId: string): void {
    this.runs.take(runId)?.fail(error);
  }

  /** Ends a span as failed; called by LangChain when a tool fails. */
  handleToolError(error: unknown, runId: string): void {
    this.runs.take(runId)?.fail(error);
  }

  /** Ends a span as failed; called by LangChain when a retriever fails. */
  handleRetrieverError(error: unknown, runId: string): void {
    this.runs.take(runId)?.fail(error);
  }

  private beginModel(
    operation: 'chat' | 'text_completion',
    llm: unknown,
    input: unknown,
    runId: string,
    [parentRunId, extra, , metadata]: unknown[],
  ): void {
    const parameters = fieldsOf(fieldsOf(extra)['invocation_params']);
    const { ls_provider: provider, ls_model_name: model } = fieldsOf(metadata);
    const named = textOf(provider);
    const options = defined<CallDescription>({
      provider: named === undefined ? undefined : (PROVIDERS[named] ?? named),
      model: textOf(model) ?? textOf(parameters['model']) ?? nameOf(llm),
      stream: parameters['stream'] === true ? true : undefined,
      parameters: parametersOf(parameters),
    });
    this.begin(operation, { ...options, input }, runId, parentRunId);
    const { tools } = parameters;
    if (Array.isArray(tools)) this.runs.get(runId)?.call.setTools(listOf(tools));
  }

  private begin(operation: AnyOperation, options: CallDescription, runId: string, parentId: unknown): void {
    const around = typeof parentId === 'string' ? this.runs.get(parentId) : undefined;
    const placed = around === undefined ? options : { ...options, parent: around.context };
    this.runs.set(runId, startCall(this.host.manager(), operation, placed));
  }

  private end(runId: string, output: unknown): void {
    const started = this.runs.take(runId);
    started?.call.setOutput(output);
    started?.end();
  }
}

/** Returns the class name of a serialized object: the last part of its path. */
function nameOf(serialized: unknown): string | undefined {
  const { id, name } = fieldsOf(serialized);
  return textOf(name) ?? (Array.isArray(id) ? textOf(id.at(-1)) : undefined);
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return input;
  }
}

function parametersOf(parameters: Fields): RequestParameters {
  return defined<RequestParameters>({
    temperature: numberOf(parameters['temperature']),
    topP: numberOf(parameters['top_p']),
    maxTokens: numberOf(parameters['max_tokens']) ?? numberOf(parameters['max_completion_tokens']),
    frequencyPenalty: numberOf(parameters['frequency_penalty']),
    presencePenalty: numberOf(parameters['presence_penalty']),
  });
}

function usageOf(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = fieldsOf(value);
  const input = fieldsOf(usage['input_token_details']);
  return defined<Usage>({
    inputTokens: numberOf(usage['input_tokens']) ?? numberOf(usage['promptTokens']),
    outputTokens: numberOf(usage['output_tokens']) ?? numberOf(usage['completionTokens']),
    cacheReadTokens: numberOf(input['cache_read']),
    cacheWriteTokens: numberOf(input['cache_creation']),
    reasoningTokens: numberOf(fieldsOf(usage['output_token_details'])['reasoning']),
  });
}
