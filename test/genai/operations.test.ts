import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import { SpanKind, type Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { GenAiCall, GenAiTracer } from '../../src/entry-points/genai.js';
import { PLAIN_SPAN, shapeOf } from '../support/span-shape.js';
import { startGenAi } from './support/start.js';

/** One operation: how it is run, and what its span is in either vocabulary. */
interface Row {
  readonly name: string;
  readonly kind?: keyof typeof SpanKind;
  readonly run: (genAi: GenAiTracer, fn: (call: GenAiCall) => unknown) => unknown;
  readonly inside?: (call: GenAiCall) => unknown;
  readonly genAi: Attributes;
  readonly openInference: Attributes;
}

const MODEL = { provider: 'openai', model: 'gpt-4o' };
const USAGE = {
  inputTokens: 12,
  outputTokens: 0,
  cacheReadTokens: 4,
  cacheWriteTokens: 2,
  reasoningTokens: 0,
};

const ROWS: Readonly<Record<string, Row>> = {
  chat: {
    name: 'chat gpt-4o',
    kind: 'CLIENT',
    run: (genAi, fn) =>
      genAi.withChat(
        {
          ...MODEL,
          conversation: 'c1',
          agent: { id: 'a1', name: 'Tea', version: '2', description: 'Knows tea.' },
          outputType: 'json',
          server: { address: 'api.openai.com', port: 443 },
          parameters: {
            temperature: 0.5,
            topP: 0.9,
            topK: 4,
            maxTokens: 100,
            frequencyPenalty: 0.1,
            presencePenalty: 0.2,
            seed: 7,
            choiceCount: 2,
            stopSequences: ['.'],
            serviceTier: 'flex',
          },
          dataContext: { collections: ['c'], datasetIds: ['d'], namespaces: ['n'], indexes: ['i'] },
        },
        fn,
      ),
    inside: (call) => {
      call.setUsage(USAGE);
      call.setInstructions('Be brief.');
      call.setInput([{ role: 'user', content: 'How?' }]);
      call.setTools([{ type: 'function', name: 'boil' }]);
      call.setResponse({
        id: 'r1',
        model: 'gpt-4o-2024-08-06',
        finishReasons: ['stop'],
        fingerprint: 'fp',
        serviceTier: 'default',
      });
      call.setOutput('Boil.');
    },
    genAi: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.conversation.id': 'c1',
      'gen_ai.agent.id': 'a1',
      'gen_ai.agent.name': 'Tea',
      'gen_ai.agent.version': '2',
      'gen_ai.agent.description': 'Knows tea.',
      'gen_ai.output.type': 'json',
      'server.address': 'api.openai.com',
      'server.port': 443,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.top_k': 4,
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.2,
      'gen_ai.request.seed': 7,
      'gen_ai.request.choice.count': 2,
      'gen_ai.request.stop_sequences': ['.'],
      'openai.request.service_tier': 'flex',
      'pharia.data.collections': ['c'],
      'pharia.data.dataset.ids': ['d'],
      'pharia.data.namespaces': ['n'],
      'pharia.data.indexes': ['i'],
      'gen_ai.response.id': 'r1',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.response.finish_reasons': ['stop'],
      'openai.response.system_fingerprint': 'fp',
      'openai.response.service_tier': 'default',
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 0,
      'gen_ai.usage.cache_read.input_tokens': 4,
      'gen_ai.usage.cache_write.input_tokens': 2,
      'gen_ai.usage.reasoning.output_tokens': 0,
      'gen_ai.system_instructions': '[{"type":"text","content":"Be brief."}]',
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"How?"}]}]',
      'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"Boil."}]}]',
      'gen_ai.tool.definitions': '[{"type":"function","name":"boil"}]',
    },
    openInference: {
      'openinference.span.kind': 'LLM',
      'session.id': 'c1',
      'agent.name': 'Tea',
      'llm.model_name': 'gpt-4o-2024-08-06',
      'llm.provider': 'openai',
      'llm.system': 'openai',
      'llm.finish_reason': 'stop',
      'llm.invocation_parameters':
        '{"model":"gpt-4o","temperature":0.5,"top_p":0.9,"top_k":4,"max_tokens":100,"frequency_penalty":0.1,' +
        '"presence_penalty":0.2,"seed":7,"choice_count":2,"service_tier":"flex","stop":["."]}',
      'llm.token_count.prompt': 12,
      'llm.token_count.completion': 0,
      'llm.token_count.total': 12,
      'llm.token_count.prompt_details.cache_read': 4,
      'llm.token_count.prompt_details.cache_write': 2,
      'llm.token_count.completion_details.reasoning': 0,
      'llm.tools.0.tool.json_schema': '{"type":"function","name":"boil"}',
      'llm.input_messages.0.message.role': 'system',
      'llm.input_messages.0.message.content': 'Be brief.',
      'llm.input_messages.1.message.role': 'user',
      'llm.input_messages.1.message.content': 'How?',
      'llm.output_messages.0.message.role': 'assistant',
      'llm.output_messages.0.message.content': 'Boil.',
      'input.value': 'How?',
      'input.mime_type': 'text/plain',
      'output.value': 'Boil.',
      'output.mime_type': 'text/plain',
    },
  },
  generate_content: {
    name: 'generate_content gemini-2.5-pro',
    kind: 'CLIENT',
    run: (genAi, fn) =>
      genAi.withChat({ provider: 'gcp.gemini', model: 'gemini-2.5-pro', operation: 'generate_content' }, fn),
    genAi: {
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.request.model': 'gemini-2.5-pro',
    },
    openInference: {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gemini-2.5-pro',
      'llm.provider': 'google',
      'llm.invocation_parameters': '{"model":"gemini-2.5-pro"}',
    },
  },
  text_completion: {
    name: 'text_completion gpt-4o',
    kind: 'CLIENT',
    run: (genAi, fn) => genAi.withTextCompletion({ ...MODEL, input: 'Once' }, fn),
    inside: () => 'upon a time',
    genAi: {
      'gen_ai.operation.name': 'text_completion',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Once"}]}]',
      'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"upon a time"}]}]',
    },
    openInference: {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4o',
      'llm.provider': 'openai',
      'llm.system': 'openai',
      'llm.invocation_parameters': '{"model":"gpt-4o"}',
      'llm.prompts.0.prompt.text': 'Once',
      'llm.choices.0.completion.text': 'upon a time',
      'input.value': 'Once',
      'input.mime_type': 'text/plain',
      'output.value': 'upon a time',
      'output.mime_type': 'text/plain',
    },
  },
  embeddings: {
    name: 'embeddings ada',
    kind: 'CLIENT',
    run: (genAi, fn) =>
      genAi.withEmbeddings({ provider: 'openai', model: 'ada', dimensions: 2, input: ['tea', 'milk'] }, fn),
    inside: (call) => {
      call.setUsage({ inputTokens: 2 });
      call.setOutput([
        [0.5, 1],
        [0, 1],
      ]);
    },
    genAi: {
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'ada',
      'gen_ai.embeddings.dimension.count': 2,
      'gen_ai.usage.input_tokens': 2,
      'gen_ai.input.messages':
        '[{"role":"user","parts":[{"type":"text","content":"tea"}]},{"role":"user","parts":[{"type":"text","content":"milk"}]}]',
    },
    openInference: {
      'openinference.span.kind': 'EMBEDDING',
      'embedding.model_name': 'ada',
      'llm.token_count.prompt': 2,
      'llm.token_count.total': 2,
      'embedding.embeddings.0.embedding.text': 'tea',
      'embedding.embeddings.1.embedding.text': 'milk',
      'embedding.embeddings.0.embedding.vector': [0.5, 1],
      'embedding.embeddings.1.embedding.vector': [0, 1],
      'input.value': 'tea\nmilk',
      'input.mime_type': 'text/plain',
    },
  },
  retrieval: {
    name: 'retrieval teas',
    kind: 'CLIENT',
    run: (genAi, fn) => genAi.withRetrieval({ dataSource: 'teas', input: 'green' }, fn),
    inside: () => [{ id: 'd1', content: 'Sencha', score: 0.9, metadata: { origin: 'Uji' } }],
    genAi: {
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': 'teas',
      'gen_ai.retrieval.query.text': 'green',
      'gen_ai.retrieval.documents':
        '[{"id":"d1","content":"Sencha","score":0.9,"metadata":{"origin":"Uji"}}]',
    },
    openInference: {
      'openinference.span.kind': 'RETRIEVER',
      'input.value': 'green',
      'input.mime_type': 'text/plain',
      'retrieval.documents.0.document.id': 'd1',
      'retrieval.documents.0.document.content': 'Sencha',
      'retrieval.documents.0.document.score': 0.9,
      'retrieval.documents.0.document.metadata': '{"origin":"Uji"}',
    },
  },
  execute_tool: {
    name: 'execute_tool boil',
    run: (genAi, fn) =>
      genAi.withTool(
        { name: 'boil', type: 'function', description: 'Boils.', callId: 'call_1', input: { litres: 1 } },
        fn,
      ),
    inside: () => ({ celsius: 100 }),
    genAi: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'boil',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.description': 'Boils.',
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.call.arguments': '{"litres":1}',
      'gen_ai.tool.call.result': '{"celsius":100}',
    },
    openInference: {
      'openinference.span.kind': 'TOOL',
      'tool.name': 'boil',
      'tool.description': 'Boils.',
      'tool.id': 'call_1',
      'tool.parameters': '{"litres":1}',
      'input.value': '{"litres":1}',
      'input.mime_type': 'application/json',
      'output.value': '{"celsius":100}',
      'output.mime_type': 'application/json',
    },
  },
  create_agent: {
    name: 'create_agent Tea',
    kind: 'CLIENT',
    run: (genAi, fn) => genAi.withAgent({ ...MODEL, operation: 'create', name: 'Tea', id: 'a1' }, fn),
    genAi: {
      'gen_ai.operation.name': 'create_agent',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.agent.id': 'a1',
      'gen_ai.agent.name': 'Tea',
    },
    openInference: { 'openinference.span.kind': 'AGENT', 'agent.name': 'Tea' },
  },
  'invoke_agent, local': {
    name: 'invoke_agent Tea',
    run: (genAi, fn) => genAi.withAgent({ name: 'Tea', version: '2', input: 'Make tea.' }, fn),
    inside: () => 'Done.',
    genAi: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'Tea',
      'gen_ai.agent.version': '2',
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Make tea."}]}]',
      'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"Done."}]}]',
    },
    openInference: {
      'openinference.span.kind': 'AGENT',
      'agent.name': 'Tea',
      'llm.input_messages.0.message.role': 'user',
      'llm.input_messages.0.message.content': 'Make tea.',
      'llm.output_messages.0.message.role': 'assistant',
      'llm.output_messages.0.message.content': 'Done.',
      'input.value': 'Make tea.',
      'input.mime_type': 'text/plain',
      'output.value': 'Done.',
      'output.mime_type': 'text/plain',
    },
  },
  'invoke_agent, remote and nameless': {
    name: 'invoke_agent',
    kind: 'CLIENT',
    run: (genAi, fn) => genAi.withAgent({ provider: 'openai', remote: true }, fn),
    genAi: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.provider.name': 'openai' },
    openInference: { 'openinference.span.kind': 'AGENT' },
  },
  invoke_workflow: {
    name: 'invoke_workflow support',
    run: (genAi, fn) => genAi.withWorkflow({ name: 'support' }, fn),
    genAi: { 'gen_ai.operation.name': 'invoke_workflow', 'gen_ai.workflow.name': 'support' },
    openInference: { 'openinference.span.kind': 'CHAIN' },
  },
  plan: {
    name: 'plan Tea',
    run: (genAi, fn) => genAi.withPlan({ agent: { name: 'Tea' } }, fn),
    genAi: { 'gen_ai.operation.name': 'plan', 'gen_ai.agent.name': 'Tea' },
    openInference: { 'openinference.span.kind': 'CHAIN', 'agent.name': 'Tea' },
  },
  search_memory: {
    name: 'search_memory',
    kind: 'CLIENT',
    run: (genAi, fn) => genAi.withMemory({ operation: 'search_memory', store: 's1', input: 'likes' }, fn),
    inside: () => [{ id: 'm1', content: 'Likes tea' }],
    genAi: {
      'gen_ai.operation.name': 'search_memory',
      'gen_ai.memory.store.id': 's1',
      'gen_ai.memory.query.text': 'likes',
      'gen_ai.memory.records': '[{"id":"m1","content":"Likes tea"}]',
    },
    openInference: {
      'openinference.span.kind': 'RETRIEVER',
      'input.value': 'likes',
      'input.mime_type': 'text/plain',
      'retrieval.documents.0.document.id': 'm1',
      'retrieval.documents.0.document.content': 'Likes tea',
    },
  },
  ...Object.fromEntries(
    (['create_memory', 'update_memory', 'upsert_memory', 'delete_memory'] as const).map((operation) => [
      operation,
      {
        name: operation,
        kind: 'CLIENT' as const,
        run: (genAi: GenAiTracer, fn: (call: GenAiCall) => unknown) =>
          genAi.withMemory({ operation, store: 's1', recordId: 'm1', recordCount: 1 }, fn),
        genAi: {
          'gen_ai.operation.name': operation,
          'gen_ai.memory.store.id': 's1',
          'gen_ai.memory.record.id': 'm1',
          'gen_ai.memory.record.count': 1,
        },
        openInference: { 'openinference.span.kind': 'CHAIN' },
      },
    ]),
  ),
  ...Object.fromEntries(
    (['create_memory_store', 'delete_memory_store'] as const).map((operation) => [
      operation,
      {
        name: operation,
        kind: 'CLIENT' as const,
        run: (genAi: GenAiTracer, fn: (call: GenAiCall) => unknown) =>
          genAi.withMemory({ operation, store: 's1' }, fn),
        genAi: { 'gen_ai.operation.name': operation, 'gen_ai.memory.store.id': 's1' },
        openInference: { 'openinference.span.kind': 'CHAIN' },
      },
    ]),
  ),
};

describe.each(Object.entries(ROWS))(
  '%s',
  (_name, { name, kind = 'INTERNAL', run, inside, genAi, openInference }) => {
    it.each([
      ['gen_ai', genAi],
      ['openinference', openInference],
      ['both', { ...genAi, ...openInference }],
    ] as const)('is one span in %s', async (conventions, attributes) => {
      const bench = await startGenAi({ conventions, capture: true });
      run(bench.genAi, (call) => inside?.(call));
      expect(bench.recorder.spans().map(shapeOf)).toEqual([{ ...PLAIN_SPAN, name, kind, attributes }]);
    });
  },
);

const STEPS: readonly (readonly [string, string, Row['run']])[] = [
  [
    'Jailbreak Check',
    'GUARDRAIL',
    (genAi, fn) => genAi.withGuardrail({ name: 'Jailbreak Check', input: 'x' }, fn),
  ],
  ['relevance', 'EVALUATOR', (genAi, fn) => genAi.withEvaluator({ name: 'relevance', input: 'x' }, fn)],
  ['user_interaction', 'CHAIN', (genAi, fn) => genAi.withChain({ name: 'user_interaction', input: 'x' }, fn)],
  ['greeting', 'PROMPT', (genAi, fn) => genAi.withPrompt({ name: 'greeting', input: 'x' }, fn)],
];

describe('what OpenInference alone knows', () => {
  it.each(STEPS)('%s is a %s in its words, whatever the conventions', async (name, spanKind, run) => {
    const bench = await startGenAi({ capture: true });
    run(bench.genAi, () => 'Pass');
    expect(shapeOf(bench.recorder.span(name))).toEqual({
      ...PLAIN_SPAN,
      name,
      attributes: {
        'openinference.span.kind': spanKind,
        'input.value': 'x',
        'input.mime_type': 'text/plain',
        'output.value': 'Pass',
        'output.mime_type': 'text/plain',
      },
    });
  });

  it('a reranker tells its query and its documents', async () => {
    const { genAi, recorder } = await startGenAi({ capture: true });
    genAi.withReranker(
      { model: 'rank-1', topK: 1, input: { query: 'green', documents: ['Sencha', 'Assam'] } },
      () => [{ content: 'Sencha', score: 0.9 }],
    );
    expect(shapeOf(recorder.span('rerank rank-1'))).toEqual({
      ...PLAIN_SPAN,
      name: 'rerank rank-1',
      kind: 'CLIENT',
      attributes: {
        'openinference.span.kind': 'RERANKER',
        'reranker.model_name': 'rank-1',
        'reranker.top_k': 1,
        'reranker.query': 'green',
        'reranker.input_documents.0.document.content': 'Sencha',
        'reranker.input_documents.1.document.content': 'Assam',
        'reranker.output_documents.0.document.content': 'Sencha',
        'reranker.output_documents.0.document.score': 0.9,
        'input.value': 'green',
        'input.mime_type': 'text/plain',
      },
    });
  });
});

it('uses only names that OpenInference has', () => {
  // Of text completions: in its specification, and not among its constants.
  const known = [...Object.values(SemanticConventions), 'completion.text', 'prompt.text', 'llm.choices'];
  const names = Object.values(ROWS).flatMap(({ openInference }) => Object.keys(openInference));
  const parts = names.flatMap((name) => name.split(/\.\d+\.?/)).filter((part) => part !== '');
  const unknown = parts.filter(
    (part) => !known.includes(part) && !known.some((one) => known.some((two) => `${one}.${two}` === part)),
  );
  expect([...new Set(unknown)]).toEqual(
    [
      // A pair of pairs.
      'tool_call.function.name',
    ].filter((part) => parts.includes(part)),
  );
});
