import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BaggageKeys, REDACTED_VALUE } from '../../src/index.js';
import { OPEN_INFERENCE } from '../../src/entry-points/genai.js';
import { arize, ArizeEndpoint, arizeHeaders } from '../../src/entry-points/presets.js';
import { WORKFLOW_ATTRIBUTES, WORKFLOW_SPAN_KINDS } from '../../src/entry-points/workflow.js';
import { OPERATIONS, PLAIN_OPERATIONS } from '../../src/genai/operations.js';

/** Values of the constants that a document spells out. */
function spelledOut(document: string, name: string): string[] {
  const [, block = ''] = new RegExp(`${name} = \\{([^}]*)\\}`).exec(readFileSync(document, 'utf8')) ?? [];
  return [...block.matchAll(/'([^']+)'/g)].map(([, value = '']) => value);
}

it('entries of baggage are called as they were', () => {
  expect([BaggageKeys.APP_USER_ID, BaggageKeys.APP_SESSION_ID, BaggageKeys.APP_USER_INTENT]).toEqual([
    'app.user.id',
    'app.session.id',
    'app.user.intent',
  ]);
  expect(spelledOut('docs/earlier-systems.md', 'PhariaBaggageKeys')).toEqual([
    'pharia.feature.flags',
    'pharia.feature.set',
    'pharia.user.intent',
    'pharia.privacy.policy.user.messages',
    'pharia.privacy.policy.prompt.content',
    'pharia.privacy.policy.prompt.completion',
    'pharia.data.namespaces',
    'pharia.data.collections',
    'pharia.data.indexes',
    'pharia.data.dataset.ids',
    'pharia.chat.qa.conversation.id',
    'pharia.chat.agent.conversation.id',
    'pharia.chat.qa.trace.id',
    'pharia.translation.request.id',
    'pharia.transcription.file.id',
  ]);
});

it('operations of model calls are those of the conventions', () => {
  expect(Object.keys(OPERATIONS)).toEqual(
    expect.arrayContaining([
      ...['chat', 'generate_content', 'text_completion', 'embeddings', 'execute_tool'],
      ...['create_agent', 'invoke_agent', 'retrieval', 'invoke_workflow'],
    ]),
  );
});

it('kinds of spans are those of OpenInference', () => {
  const kinds = [...Object.values(OPERATIONS), ...Object.values(PLAIN_OPERATIONS)].map(
    ({ spanKind }) => spanKind,
  );
  expect([...new Set(kinds)].sort()).toEqual([
    ...[
      'AGENT',
      'CHAIN',
      'EMBEDDING',
      'EVALUATOR',
      'GUARDRAIL',
      'LLM',
      'PROMPT',
      'RERANKER',
      'RETRIEVER',
      'TOOL',
    ],
  ]);
  expect(Object.values(OPEN_INFERENCE)).toContain('openinference.span.kind');
});

it('Arize is reached as by its own package', () => {
  expect(ArizeEndpoint).toEqual({
    us: 'https://otlp.arize.com/v1',
    eu: 'https://otlp.eu-west-1a.arize.com/v1',
  });
  expect(Object.keys(arizeHeaders('space', 'key'))).toEqual([
    'authorization',
    'arize-space-id',
    'api_key',
    'space_id',
    'arize-interface',
  ]);
  expect(Object.keys(arize({ spaceId: 's', apiKey: 'k' }, {}).resourceAttributes ?? {})).toEqual([
    'openinference.project.name',
    'model_id',
  ]);
  expect(REDACTED_VALUE).toBe('__REDACTED__');
});

it('workflows have the kinds of spans and the attributes that they had', () => {
  expect(Object.values(WORKFLOW_SPAN_KINDS)).toEqual([
    ...['pipeline', 'stage', 'llm_call', 'http_request', 'database', 'control_flow'],
  ]);
  expect(Object.values(WORKFLOW_ATTRIBUTES)).toEqual(
    expect.arrayContaining([
      ...['name', 'id', 'duration_ms', 'success', 'stage_count', 'total_tokens', 'total_cost_usd'].map(
        (name) => `pipeline.${name}`,
      ),
      'run.id',
      ...['id', 'name', 'component_type', 'duration_ms', 'success', 'output_tokens', 'cost_usd'].map(
        (name) => `stage.${name}`,
      ),
      ...['provider', 'model', 'operation', 'input_tokens', 'output_tokens'].map((name) => `llm.${name}`),
      'span_kind',
    ]),
  );
});
