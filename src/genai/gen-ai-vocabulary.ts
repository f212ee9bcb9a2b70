import { toJson } from '../base/json-text.js';
import { DATA_CONTEXT, GEN_AI, GEN_AI_PARAMETERS } from './attribute-names.js';
import type { CallFacts } from './call-facts.js';
import { isGenAiOperation } from './operations.js';

/** Attributes with their values, some of them absent. */
export type Values = Record<string, unknown>;

/** The name of the parameter whose values are texts of the caller. */
const WORDED = 'stopSequences';

/** Returns the attributes of a call at its start, in the `gen_ai` vocabulary; samplers see them. */
export function genAiRequest({ operation, options, content, stream }: CallFacts): Values {
  if (!isGenAiOperation(operation)) return {};
  const { provider, model, agent, server, conversation, outputType, dataContext } = options;
  return {
    [GEN_AI.operation]: operation,
    [GEN_AI.provider]: provider,
    [GEN_AI.requestModel]: model,
    [GEN_AI.conversation]: conversation,
    [GEN_AI.agentId]: agent?.id,
    [GEN_AI.agentName]: agent?.name,
    [GEN_AI.agentVersion]: agent?.version,
    [GEN_AI.agentDescription]: agent?.description,
    [GEN_AI.outputType]: outputType,
    [GEN_AI.stream]: stream ? true : undefined,
    [GEN_AI.toolName]: options.tool?.name,
    [GEN_AI.toolType]: options.tool?.type,
    [GEN_AI.toolDescription]: options.tool?.description,
    [GEN_AI.toolCallId]: options.tool?.callId,
    [GEN_AI.dataSource]: options.dataSource,
    [GEN_AI.workflow]: options.workflow,
    [GEN_AI.memoryStore]: options.store,
    [GEN_AI.memoryRecord]: options.recordId,
    [GEN_AI.memoryRecordCount]: options.recordCount,
    [GEN_AI.dimensions]: options.dimensions,
    'server.address': server?.address,
    'server.port': server?.port,
    ...renamed(DATA_CONTEXT, dataContext),
    ...(content.policy.verdict('invocationParameters') === 'hide'
      ? {}
      : renamed(GEN_AI_PARAMETERS, {
          ...options.parameters,
          [WORDED]: parameterTexts(options.parameters?.stopSequences, content),
        })),
  };
}

function parameterTexts(texts: readonly string[] | undefined, { policy }: CallFacts['content']): unknown {
  return policy.verdict('invocationParameters') === 'show' ? texts : undefined;
}

/** Returns the attributes of a call at its end, in the `gen_ai` vocabulary. */
export function genAiResponse(facts: CallFacts): Values {
  if (!isGenAiOperation(facts.operation)) return {};
  const { response, usage, timeToFirstChunk, stream } = facts;
  return {
    [GEN_AI.stream]: stream ? true : undefined,
    [GEN_AI.responseId]: response.id,
    [GEN_AI.responseModel]: response.model,
    [GEN_AI.finishReasons]: response.finishReasons,
    [GEN_AI.fingerprint]: response.fingerprint,
    [GEN_AI.serviceTier]: response.serviceTier,
    [GEN_AI.timeToFirstChunk]: timeToFirstChunk,
    [GEN_AI.inputTokens]: usage.inputTokens,
    [GEN_AI.outputTokens]: usage.outputTokens,
    [GEN_AI.cacheReadTokens]: usage.cacheReadTokens,
    [GEN_AI.cacheWriteTokens]: usage.cacheWriteTokens,
    [GEN_AI.reasoningTokens]: usage.reasoningTokens,
    ...genAiContent(facts),
  };
}

function genAiContent({ operation, content }: CallFacts): Values {
  const { query, documents } = content;
  switch (operation) {
    case 'execute_tool':
      return {
        [GEN_AI.toolArguments]: readable(content.input),
        [GEN_AI.toolResult]: readable(content.output),
      };
    case 'retrieval':
      return { [GEN_AI.query]: query, [GEN_AI.documents]: documents && toJson(documents) };
    case 'search_memory':
      return { [GEN_AI.memoryQuery]: query, [GEN_AI.memoryRecords]: documents && toJson(documents) };
    case 'text_completion':
      return {
        [GEN_AI.inputMessages]: asMessages('user', content.prompts),
        [GEN_AI.outputMessages]: asMessages('assistant', content.choices),
      };
    case 'embeddings':
      return { [GEN_AI.inputMessages]: asMessages('user', content.texts) };
    default:
      return {
        [GEN_AI.systemInstructions]: content.instructions && toJson(content.instructions),
        [GEN_AI.inputMessages]: content.inputMessages && toJson(content.inputMessages),
        [GEN_AI.outputMessages]: content.outputMessages && toJson(content.outputMessages),
        [GEN_AI.toolDefinitions]: content.tools && content.policy.text(content.tools),
        ...(operation.endsWith('_memory') ? { [GEN_AI.memoryRecords]: readable(content.input) } : {}),
      };
  }
}

/** Removes the type of hidden parts, for which the vocabulary has no word. */
function readable(value: CallFacts['content']['input']): string | undefined {
  return value?.mimeType === undefined ? undefined : value.text;
}

function asMessages(role: string, texts: readonly string[] | undefined): string | undefined {
  return texts && toJson(texts.map((content) => ({ role, parts: [{ type: 'text', content }] })));
}

function renamed(names: Readonly<Record<string, string>>, values: object | undefined): Values {
  if (values === undefined) return {};
  return Object.fromEntries(
    Object.entries(names).map(([name, key]) => [key, (values as Values)[name]] as const),
  );
}
