import { describe, expect, it } from 'vitest';
import { GEN_AI, GEN_AI_PARAMETERS, MCP } from '../../src/entry-points/genai.js';
import { startGenAi } from './support/start.js';

const READER = { metrics: { readers: [{ type: 'prometheus' as const }] } };

async function series(version: 'current' | 'latest'): Promise<string[]> {
  const { genAi, meters } = await startGenAi({ version }, READER);
  const stream = genAi.withChat(
    { provider: 'openai', model: 'gpt-4o', stream: true },
    async function* (call) {
      yield 'a';
      yield 'b';
      call.setUsage({ inputTokens: 5, outputTokens: 0 });
    },
  );
  for await (const _chunk of stream);
  expect(() =>
    genAi.withChat({ provider: 'openai', model: 'gpt-4o' }, () => {
      throw new TypeError('no');
    }),
  ).toThrow('no');
  const page = await meters.scrape();
  return [...page.matchAll(/^(gen_ai_\w+_count\{.*?\}) (\d+)$/gm)]
    .map(([, name = '', count = '']) => `${name.replace(/,?otel_scope_\w+="[^"]*"/g, '')} ${count}`)
    .sort();
}

describe('metrics', () => {
  it('of a stream and of a failure, with attributes of few values', async () => {
    const shared = 'gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o"';
    const lines = await series('current');
    expect(lines.map((line) => line.replace(shared, '…'))).toEqual([
      'gen_ai_client_operation_duration_count{…,error_type="TypeError"} 1',
      'gen_ai_client_operation_duration_count{…} 1',
      'gen_ai_client_operation_time_per_output_chunk_count{…} 1',
      'gen_ai_client_operation_time_to_first_chunk_count{…} 1',
      'gen_ai_client_token_usage_count{…,gen_ai_token_type="input"} 1',
      'gen_ai_client_token_usage_count{…,gen_ai_token_type="output"} 1',
    ]);
  });

  it('of what calls cost, where there is a price', async () => {
    const prices = { 'gpt-4o': { inputPerMillion: 2, outputPerMillion: 10 } };
    const { genAi, meters } = await startGenAi({ prices }, READER);
    for (const model of ['gpt-4o', 'unpriced']) {
      genAi.withChat({ provider: 'openai', model }, (call) => {
        call.setUsage({ inputTokens: 1000, outputTokens: 100 });
      });
    }
    const page = await meters.scrape();
    const sums = [...page.matchAll(/^nestjs_gen_ai_cost_sum\{.*gen_ai_request_model="([^"]*)".*\} (.*)$/gm)];
    expect(sums.map(([, model, sum]) => [model, sum])).toEqual([['gpt-4o', '0.003']]);
  });

  it('have the newest names where those are asked for', async () => {
    const names = (await series('latest')).map((line) => line.split('{')[0]);
    expect([...new Set(names)]).toEqual([
      'gen_ai_client_inference_duration_count',
      'gen_ai_client_inference_time_per_output_chunk_count',
      'gen_ai_client_inference_time_to_first_chunk_count',
      'gen_ai_client_inference_usage_input_tokens_count',
      'gen_ai_client_inference_usage_output_tokens_count',
    ]);
  });
});

/** The registry of the `gen_ai` and `mcp` conventions, as of 28 November 2026. */
const REGISTRY = `
gen_ai.agent.description gen_ai.agent.id gen_ai.agent.name gen_ai.agent.version gen_ai.conversation.id gen_ai.data_source.id
gen_ai.embeddings.dimension.count gen_ai.evaluation.explanation gen_ai.evaluation.name gen_ai.evaluation.score.label
gen_ai.evaluation.score.value gen_ai.input.messages gen_ai.memory.query.text gen_ai.memory.record.count gen_ai.memory.record.id
gen_ai.memory.records gen_ai.memory.store.id gen_ai.operation.name gen_ai.output.messages gen_ai.output.type gen_ai.prompt.name
gen_ai.provider.name gen_ai.request.choice.count gen_ai.request.encoding_formats gen_ai.request.frequency_penalty
gen_ai.request.max_tokens gen_ai.request.model gen_ai.request.presence_penalty gen_ai.request.seed gen_ai.request.stop_sequences
gen_ai.request.stream gen_ai.request.temperature gen_ai.request.top_k gen_ai.request.top_p gen_ai.response.finish_reasons
gen_ai.response.id gen_ai.response.model gen_ai.response.time_to_first_chunk gen_ai.retrieval.documents gen_ai.retrieval.query.text
gen_ai.system_instructions gen_ai.token.type gen_ai.tool.call.arguments gen_ai.tool.call.id gen_ai.tool.call.result
gen_ai.tool.definitions gen_ai.tool.description gen_ai.tool.name gen_ai.tool.type gen_ai.usage.cache_read.input_tokens
gen_ai.usage.cache_write.input_tokens gen_ai.usage.input_tokens gen_ai.usage.output_tokens gen_ai.usage.reasoning.output_tokens
gen_ai.workflow.name mcp.method.name mcp.protocol.version mcp.resource.uri mcp.session.id jsonrpc.request.id
rpc.response.status_code openai.api.type openai.request.service_tier openai.response.service_tier openai.response.system_fingerprint
`.split(/\s+/);

it('attribute names are those of the registry, and two of our own', () => {
  const used = [GEN_AI, GEN_AI_PARAMETERS, MCP].flatMap((names) => Object.values<string>(names));
  expect(used.filter((name) => !REGISTRY.includes(name))).toEqual([
    'gen_ai.usage.cost',
    'gen_ai.conversation.cost',
  ]);
});
