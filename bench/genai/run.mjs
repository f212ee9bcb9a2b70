// CPU per chunk of a streamed answer, with and without this library. See bench/README.md.
import { parseArgs } from 'node:util';
import { Test } from '@nestjs/testing';
import { TracerManager } from 'nestjs-telemetry';
import { GenAiModule, GenAiTracer } from 'nestjs-telemetry/genai';
import { TelemetryTestingModule } from 'nestjs-telemetry/testing';
import OpenAI from 'openai';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    chunks: { type: 'string', default: '20000' },
  },
});
const rounds = Number(options.rounds);
const chunks = Number(options.chunks);

const module = await Test.createTestingModule({
  imports: [TelemetryTestingModule.forRoot(), GenAiModule],
}).compile();
await module.init();
const genAi = module.get(GenAiTracer, { strict: false });
const manager = module.get(TracerManager);

const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' };
const chunk = (content, finish_reason = null) => ({
  ...head,
  choices: [{ index: 0, delta: { content }, finish_reason }],
});
const parsed = chunk('token ');
const wire = new TextEncoder().encode(
  [...Array(chunks).fill(`data: ${JSON.stringify(parsed)}\n\n`), 'data: [DONE]\n\n'].join(''),
);

const pieces = [];
for (let at = 0; at < wire.length; at += 4096) pieces.push(wire.slice(at, at + 4096));

/** Answers every request with the same stream, from memory. */
const fetch = () => {
  let index = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (index < pieces.length) controller.enqueue(pieces[index++]);
      else controller.close();
    },
  });
  return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
};
const client = () => new OpenAI({ apiKey: 'key', fetch });
const plain = client();
const traced = genAi.instrument(client());

async function* generator() {
  for (let index = 0; index < chunks; index += 1) yield parsed;
}

async function consume(stream) {
  for await (const value of stream) if (value === undefined) throw new Error('No chunk.');
}

const BODY = { model: 'gpt-4o', messages: [], stream: true };
const inRequest = (work) => manager.withSpan('request', work);

const rows = [
  ['client, plain', () => inRequest(async () => consume(await plain.chat.completions.create(BODY)))],
  [
    'client, plain again (A/A)',
    () => inRequest(async () => consume(await plain.chat.completions.create(BODY))),
  ],
  ['client, instrumented', () => inRequest(async () => consume(await traced.chat.completions.create(BODY)))],
  ['generator, plain', () => inRequest(() => consume(generator()))],
  ['generator, plain again (A/A)', () => inRequest(() => consume(generator()))],
  [
    'generator, in withChat',
    () =>
      inRequest(() => consume(genAi.withChat({ provider: 'openai', model: 'gpt-4o' }, () => generator()))),
  ],
];

const times = new Map(rows.map(([name]) => [name, []]));
for (let round = -3; round < rounds; round += 1) {
  const order = rows.map((row) => [Math.random(), row]).sort(([a], [b]) => a - b);
  for (const [, [name, work]] of order) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    // The first rounds warm up.
    if (round >= 0) times.get(name).push(((user + system) * 1000) / chunks);
  }
}
await module.close();

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
console.log(`Node ${process.versions.node}, ${rounds} rounds of ${chunks} chunks, CPU per chunk (median):\n`);
for (const [name, values] of times) {
  const base = times.get(name.startsWith('client') ? 'client, plain' : 'generator, plain');
  const ratio = median(values) / median(base);
  console.log(`${name.padEnd(30)} ${median(values).toFixed(0).padStart(6)} ns  ${ratio.toFixed(2)}`);
}
