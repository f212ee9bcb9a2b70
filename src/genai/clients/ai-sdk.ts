import { runInContext } from '../../context/flow-context.js';
import { defined, fieldsOf, listOf, numberOf, textOf, type Fields } from '../answers/answer.js';
import type { CallDescription } from '../call-facts.js';
import type { CallResponse, RequestParameters } from '../call-options.js';
import type { GenAiHost } from '../genai-host.js';
import { startCall, type AnyOperation, type StartedCall } from '../run-call.js';
import type { Usage } from '../usage.js';

/** Hears of calls that the AI SDK makes: its `Telemetry`, as far as it is used here. */
export interface AiSdkTelemetry {
  /** A call of the app begins. */
  onStart(event: object): void;
  /** A model is asked. */
  onLanguageModelCallStart(event: object): void;
  /** A model has answered. */
  onLanguageModelCallEnd(event: object): void;
  /** A tool begins. */
  onToolExecutionStart(event: object): void;
  /** A tool has ended. */
  onToolExecutionEnd(event: object): void;
  /** Vectors are asked for. */
  onEmbedStart(event: object): void;
  /** Vectors are there. */
  onEmbedEnd(event: object): void;
  /** Documents are to be ordered. */
  onRerankStart(event: object): void;
  /** Documents are ordered. */
  onRerankEnd(event: object): void;
  /** A call of the app has ended. */
  onEnd(event: object): void;
  /** The app broke its call off. */
  onAbort(event: object): void;
  /** A call of the app has failed. */
  onError(event: unknown): void;
  /** Runs a request below its span. */
  executeLanguageModelCall<T>(options: { callId: string; execute: () => PromiseLike<T> }): PromiseLike<T>;
  /** Runs a tool below its span. */
  executeTool<T>(options: {
    callId: string;
    toolCallId: string;
    execute: () => PromiseLike<T>;
  }): PromiseLike<T>;
}

/** Names of providers in the AI SDK, by how they begin. */
const PROVIDERS: readonly (readonly [string, string])[] = [
  ['google.vertex', 'gcp.vertex_ai'],
  ['google', 'gcp.gemini'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
];

/** Calls of the app beyond this many at a time are not followed. */
const MAX_CALLS = 10_000;

/** One call of the app, such as `generateText`, and what goes on in it. */
interface Operation {
  readonly whole: StartedCall;
  readonly open: Map<string, StartedCall>;
}

/** Makes the listener that `registerTelemetry` takes, and `telemetry.integrations` of one call. */
export function aiSdkTelemetry(host: GenAiHost): AiSdkTelemetry {
  const operations = new Map<string, Operation>();

  const begin = (event: Fields, key: string, operation: AnyOperation, options: CallDescription): void => {
    const around = operations.get(String(event['callId']));
    if (around === undefined) return;
    const parent = around.whole.context;
    around.open.set(key, startCall(host.manager(), operation, { ...options, parent }));
  };
  const take = (event: Fields, key: string): StartedCall | undefined => {
    const open = operations.get(String(event['callId']))?.open;
    const started = open?.get(key);
    open?.delete(key);
    return started;
  };
  const finish = (event: unknown, end: (started: StartedCall) => void): void => {
    const id = String(fieldsOf(event)['callId']);
    const operation = operations.get(id);
    operations.delete(id);
    if (operation === undefined) return;
    for (const started of operation.open.values()) end(started);
    end(operation.whole);
  };
  const inside = async <T>(callId: string, key: string, execute: () => PromiseLike<T>): Promise<T> => {
    const started = operations.get(callId)?.open.get(key);
    return started === undefined ? await execute() : await runInContext(started.context, execute);
  };

  return {
    onStart(event) {
      const fields = fieldsOf(event);
      if (operations.size >= MAX_CALLS) return;
      const name = textOf(fields['functionId']) ?? textOf(fields['operationId'])?.replace(/^ai\./, '');
      const options = defined<CallDescription>({
        agent: defined({ name }),
        ...modelOf(fields),
        input: fields['messages'] ?? fields['prompt'],
      });
      operations.set(String(fields['callId']), {
        whole: startCall(host.manager(), 'invoke_agent', options),
        open: new Map(),
      });
    },
    onLanguageModelCallStart(event) {
      const fields = fieldsOf(event);
      begin(fields, 'model', 'chat', { ...modelOf(fields), parameters: parametersOf(fields) });
      const call = operations.get(String(fields['callId']))?.open.get('model')?.call;
      call?.setInput(fields['messages'] ?? fields['prompt']);
      const instructions = fields['instructions'] ?? fields['system'];
      if (instructions !== undefined) call?.setInstructions(instructions);
      if (Array.isArray(fields['tools'])) call?.setTools(fields['tools']);
    },
    onLanguageModelCallEnd(event) {
      const fields = fieldsOf(event);
      const started = take(fields, 'model');
      if (started === undefined) return;
      const { call } = started;
      const usage = usageOf(fields['usage']);
      if (usage !== undefined) call.setUsage(usage);
      const reason = textOf(fields['finishReason']);
      call.setResponse(
        defined<CallResponse>({
          id: textOf(fields['responseId']),
          finishReasons: reason === undefined ? undefined : [reason],
        }),
      );
      const first = numberOf(fieldsOf(fields['performance'])['timeToFirstOutputMs']);
      if (first !== undefined) call.firstChunkAfter(first);
      call.setOutput([{ role: 'assistant', content: fields['content'], finish_reason: reason }]);
      started.end();
    },
    onToolExecutionStart(event) {
      const fields = fieldsOf(event);
      const { toolName, toolCallId, input } = fieldsOf(fields['toolCall']);
      const tool = defined({ name: textOf(toolName), callId: textOf(toolCallId), type: 'function' });
      begin(fields, String(toolCallId), 'execute_tool', { tool, input });
    },
    onToolExecutionEnd(event) {
      const fields = fieldsOf(event);
      const started = take(fields, String(fieldsOf(fields['toolCall'])['toolCallId']));
      const output = fieldsOf(fields['toolOutput']);
      const error = output['error'] ?? fields['error'];
      if (error !== undefined) {
        started?.fail(error);
        return;
      }
      started?.call.setOutput(output['output'] ?? fields['output']);
      started?.end();
    },
    onEmbedStart(event) {
      const fields = fieldsOf(event);
      begin(fields, `embed:${String(fields['embedCallId'])}`, 'embeddings', {
        ...modelOf(fields),
        input: fields['values'],
      });
    },
    onEmbedEnd(event) {
      const fields = fieldsOf(event);
      const started = take(fields, `embed:${String(fields['embedCallId'])}`);
      const tokens = numberOf(fieldsOf(fields['usage'])['tokens']);
      if (tokens !== undefined) started?.call.setUsage({ inputTokens: tokens });
      started?.call.setOutput(fields['embeddings']);
      started?.end();
    },
    onRerankStart(event) {
      const fields = fieldsOf(event);
      const { query, documents } = fields;
      const spanName = `rerank ${String(fields['modelId'])}`;
      begin(fields, 'rerank', 'reranker', { ...modelOf(fields), spanName, input: { query, documents } });
    },
    onRerankEnd(event) {
      take(fieldsOf(event), 'rerank')?.end();
    },
    onEnd(event) {
      finish(event, (started) => {
        started.end();
      });
    },
    onAbort(event) {
      finish(event, (started) => {
        started.call.abort();
        started.end();
      });
    },
    onError(event) {
      const { error = event } = fieldsOf(event);
      finish(event, (started) => {
        started.fail(error);
      });
    },
    executeLanguageModelCall: ({ callId, execute }) => inside(callId, 'model', execute),
    executeTool: ({ callId, toolCallId, execute }) => inside(callId, toolCallId, execute),
  };
}

function modelOf(event: Fields): CallDescription {
  const name = textOf(event['provider']);
  const known = PROVIDERS.find(([prefix]) => name?.startsWith(prefix) === true)?.[1];
  return defined<CallDescription>({
    provider: known ?? name?.split('.')[0],
    model: textOf(event['modelId']),
  });
}

function parametersOf(event: Fields): RequestParameters {
  const { stopSequences } = event;
  return defined<RequestParameters>({
    temperature: numberOf(event['temperature']),
    topP: numberOf(event['topP']),
    topK: numberOf(event['topK']),
    maxTokens: numberOf(event['maxOutputTokens']),
    frequencyPenalty: numberOf(event['frequencyPenalty']),
    presencePenalty: numberOf(event['presencePenalty']),
    seed: numberOf(event['seed']),
    stopSequences: Array.isArray(stopSequences) ? listOf(stopSequences).map(String) : undefined,
  });
}

function usageOf(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = fieldsOf(value);
  const input = fieldsOf(usage['inputTokenDetails']);
  return defined<Usage>({
    inputTokens: numberOf(usage['inputTokens']),
    outputTokens: numberOf(usage['outputTokens']),
    cacheReadTokens: numberOf(input['cacheReadTokens']),
    cacheWriteTokens: numberOf(input['cacheWriteTokens']),
    reasoningTokens: numberOf(fieldsOf(usage['outputTokenDetails'])['reasoningTokens']),
  });
}
