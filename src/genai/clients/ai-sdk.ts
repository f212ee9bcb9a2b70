import { runInContext } from '../../context/flow-context.js';
import { spanReadableStream } from '../../tracing/span-readable-stream.js';
import { endWhenCollected, StreamSpan } from '../../tracing/stream-span.js';
import { defined, fieldsOf, numberOf, textOf, type Fields } from '../answers/fields.js';
import type { CallDescription } from '../call-facts.js';
import type { CallResponse } from '../call-options.js';
import type { GenAiHost } from '../genai-host.js';
import { startCall, type AnyOperation, type StartedCall } from '../run-call.js';
import { modelOf, notePart, parametersOf, readPart, usageOf } from './ai-sdk-events.js';
import { OpenCalls } from './open-calls.js';

/** Receives the events of the AI SDK's calls: the members of its `Telemetry` that the library needs. */
export interface AiSdkTelemetry {
  /** Called when a call of the app begins. */
  onStart(event: object): void;
  /** Called when a model is asked. */
  onLanguageModelCallStart(event: object): void;
  /** Called when a model has answered. */
  onLanguageModelCallEnd(event: object): void;
  /** Called when a tool begins. */
  onToolExecutionStart(event: object): void;
  /** Called when a tool has ended. */
  onToolExecutionEnd(event: object): void;
  /** Called when embeddings are requested. */
  onEmbedStart(event: object): void;
  /** Called when embeddings are complete. */
  onEmbedEnd(event: object): void;
  /** Called when reranking begins. */
  onRerankStart(event: object): void;
  /** Called when reranking has ended. */
  onRerankEnd(event: object): void;
  /** Called when a call of the app has ended. */
  onEnd(event: object): void;
  /** Called when the app has aborted its call. */
  onAbort(event: object): void;
  /** Called when a call of the app has failed. */
  onError(event: unknown): void;
  /** Runs a request to a model with its span active. */
  executeLanguageModelCall<T>(options: { callId: string; execute: () => PromiseLike<T> }): PromiseLike<T>;
  /** Runs a tool with its span active. */
  executeTool<T>(options: {
    callId: string;
    toolCallId: string;
    execute: () => PromiseLike<T>;
  }): PromiseLike<T>;
}

/** One call of the app, such as `generateText`, with its open calls of models and tools. */
interface Operation {
  readonly whole: StartedCall;
  readonly open: Map<string, StartedCall>;
  /** Whether the answers are streams. */
  readonly stream: boolean;
  /** Errors of failed requests, by call; the AI SDK may retry a request. */
  readonly failures: Map<string, unknown>;
}

/** Creates the listener for `registerTelemetry`, or for `telemetry.integrations` of one call. */
export function aiSdkTelemetry(host: GenAiHost): AiSdkTelemetry {
  const operations = new OpenCalls<Operation>((operation) => {
    endAll(operation, leave);
  });

  const begin = (event: Fields, key: string, operation: AnyOperation, options: CallDescription): void => {
    const around = operations.get(event['callId']);
    if (around === undefined) return;
    // A retried request begins again.
    around.open.get(key)?.fail(around.failures.get(key));
    const parent = around.whole.context;
    around.open.set(key, startCall(host.manager(), operation, { ...options, parent }));
  };
  const take = (event: Fields, key: string): StartedCall | undefined => {
    const open = operations.get(event['callId'])?.open;
    const started = open?.get(key);
    open?.delete(key);
    return started;
  };
  const finish = (event: unknown, end: (started: StartedCall) => void): void => {
    const operation = operations.take(fieldsOf(event)['callId']);
    if (operation !== undefined) endAll(operation, end);
  };
  const inside = async <T>(callId: string, key: string, execute: () => PromiseLike<T>): Promise<T> => {
    const operation = operations.get(callId);
    const started = operation?.open.get(key);
    if (operation === undefined || started === undefined) return execute();
    try {
      return await runInContext(started.context, execute);
    } catch (error) {
      operation.failures.set(key, error);
      throw error;
    }
  };
  // The SDK does not report an abandoned stream; its call ends when the stream is garbage-collected.
  const observed = <T>(callId: string, result: T): T => {
    const { stream } = fieldsOf(result);
    const started = operations.get(callId)?.open.get('model');
    if (!(stream instanceof ReadableStream) || stream.locked || started === undefined) return result;
    const { span, context, call } = started;
    const listener = {
      chunk: (part: unknown) => {
        notePart(started, fieldsOf(part));
      },
      left: () => {
        call.left();
      },
    };
    const traced = spanReadableStream(stream, new StreamSpan(span, context, undefined, listener));
    const unfinished = (): boolean => operations.get(callId)?.open.get('model') === started;
    endWhenCollected(traced, {
      endEarly: () => {
        if (unfinished()) finish({ callId }, leave);
      },
    });
    return { ...result, stream: traced };
  };

  return {
    onStart(event) {
      const fields = fieldsOf(event);
      const name = textOf(fields['functionId']) ?? textOf(fields['operationId'])?.replace(/^ai\./, '');
      const stream = /stream/i.test(String(fields['operationId']));
      const options = defined<CallDescription>({
        agent: defined({ name }),
        ...modelOf(fields),
        ...(stream ? { stream } : {}),
        input: fields['messages'] ?? fields['prompt'],
      });
      operations.set(fields['callId'], {
        whole: startCall(host.manager(), 'invoke_agent', options),
        open: new Map(),
        stream,
        failures: new Map(),
      });
    },
    onLanguageModelCallStart(event) {
      const fields = fieldsOf(event);
      const parameters = parametersOf(fields);
      const streamed = operations.get(fields['callId'])?.stream === true ? { stream: true } : {};
      begin(fields, 'model', 'chat', { ...modelOf(fields), ...streamed, parameters, mapChunks: readPart });
      const call = operations.get(fields['callId'])?.open.get('model')?.call;
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
          model: textOf(fields['modelId']),
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
    executeLanguageModelCall: async ({ callId, execute }) =>
      observed(callId, await inside(callId, 'model', execute)),
    executeTool: ({ callId, toolCallId, execute }) => inside(callId, toolCallId, execute),
  };
}

function endAll({ open, whole }: Operation, end: (started: StartedCall) => void): void {
  for (const started of open.values()) end(started);
  end(whole);
}

/** Ends a call whose stream the app no longer reads. */
function leave(started: StartedCall): void {
  started.call.left();
  started.end();
}
