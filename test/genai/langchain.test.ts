import { AIMessage } from '@langchain/core/messages';
import { RunnableLambda } from '@langchain/core/runnables';
import { DynamicTool } from '@langchain/core/tools';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { expect, it } from 'vitest';
import { startGenAi } from './support/start.js';

it('runs of chains, models and tools are spans below one another', async () => {
  const { genAi, recorder } = await startGenAi({ conventions: 'both', capture: true });
  const model = new FakeListChatModel({ responses: ['Boil.'] });
  const boil = new DynamicTool({
    name: 'boil',
    description: 'Boils.',
    func: (litres) => Promise.resolve(`${litres} boiled`),
  });
  const chain = RunnableLambda.from((question: string) => question)
    .pipe(model)
    .pipe(
      RunnableLambda.from(async (answer: AIMessage, config) => {
        await boil.invoke('1 litre', config);
        return answer.text;
      }),
    );
  const answer = await chain.invoke('How?', { callbacks: [genAi.langChainHandler()], runName: 'tea' });
  expect(answer).toBe('Boil.');
  const [root] = recorder.tree();
  expect(root?.name).toBe('tea');
  const names = recorder.spans().map(({ name, attributes }) => [name, attributes['openinference.span.kind']]);
  expect(names).toContainEqual(['tea', 'CHAIN']);
  expect(names).toContainEqual(['execute_tool boil', 'TOOL']);
  const chat = recorder.spans().find(({ attributes }) => attributes['gen_ai.operation.name'] === 'chat');
  expect(chat?.attributes).toMatchObject({ 'input.value': 'How?', 'output.value': 'Boil.' });
});

it('a run that fails ends its span with the error', async () => {
  const { genAi, recorder } = await startGenAi();
  const chain = RunnableLambda.from(() => {
    throw new TypeError('No water.');
  });
  await expect(
    chain.invoke('How?', { callbacks: [genAi.langChainHandler()], runName: 'tea' }),
  ).rejects.toThrow('No water.');
  expect(recorder.span('tea').attributes['error.type']).toBe('TypeError');
});
