import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { curl, SampleApp } from './sample-app.js';

const FOLLOW = fileURLToPath(new URL('../../sample-app/dist/follow.js', import.meta.url));

async function start(env: Readonly<Record<string, string>> = {}): Promise<[SampleApp, OtlpReceiver]> {
  const receiver = await OtlpReceiver.start();
  onTestFinished(() => receiver.stop());
  const app = await SampleApp.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    ...env,
  });
  return [app, receiver];
}

/** Each span below its parent, siblings by name; with the service where it changes. */
function tree(spans: readonly ReceivedSpan[], above?: ReceivedSpan, indent = ''): string[] {
  const service = (span: ReceivedSpan | undefined): unknown => span?.resource['service.name'];
  return spans
    .filter(({ parentSpanId }) => parentSpanId === above?.spanId)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((span) => [
      `${indent}${service(span) === service(above) ? '' : `${String(service(span))} › `}${span.name}`,
      ...tree(spans, span, `${indent}  `),
    ]);
}

it("carries one order's trace from one process to another, and links what nobody waits for", async () => {
  const [app, receiver] = await start();
  const { body } = await curl(`curl -X POST ${app.url}/orders/42/shipment`);
  const { traceId, ...shipment } = JSON.parse(body) as { traceId: string };
  expect(shipment).toEqual({ orderId: '42', status: 'booked' });
  expect(await app.stop('SIGTERM')).toBe('SIGTERM');
  await receiver.waitForCount(7);
  const own = receiver.spans.filter((span) => span.traceId === traceId);
  const others = receiver.spans.filter((span) => span.traceId !== traceId);
  expect(tree(own)).toEqual([
    'orders › POST /orders/:id/shipment',
    '  send shipment.booked',
    '  shipment.book',
    '    shipping › shipment.book',
    '      reserve a courier',
  ]);
  expect(tree(others)).toEqual(['shipping › process shipment.booked', '  pack a parcel']);
  const sent = own.find(({ name }) => name === 'send shipment.booked');
  const processed = others.find(({ name }) => name === 'process shipment.booked');
  expect(processed?.links).toEqual([{ traceId, spanId: sent?.spanId }]);
});

it('answers by an agent whose calls, tool in the other process included, are one trace with its cost', async () => {
  const [app, receiver] = await start();
  const { body } = await curl(`curl -N ${app.url}/assistant/7`);
  const words = [...body.matchAll(/data: (.*)/g)].map(
    ([, data = '']) => (JSON.parse(data) as { token: string }).token,
  );
  expect(words.join('')).toBe('Order 42 is on its way, with two biscuits.');
  await app.stop('SIGTERM');
  await receiver.waitForCount(11);
  expect(tree(receiver.spans)).toEqual([
    'orders › GET /assistant/:conversationId',
    '  ai_streaming_response',
    '  invoke_agent shop-assistant',
    '    chat gpt-4o',
    '      POST',
    '    chat gpt-4o',
    '      POST',
    '    execute_tool track',
    '      shipment.track',
    '        shipping › shipment.track',
    '    on topic',
    '    retrieval handbook',
  ]);
  const agent = receiver.spans.find(({ name }) => name.startsWith('invoke_agent'));
  expect(agent?.attributes).toMatchObject({
    'gen_ai.usage.input_tokens': '1514',
    'gen_ai.usage.output_tokens': '336',
    'gen_ai.usage.cost': expect.closeTo(0.007145),
    'stream.outcome': 'completed',
  });
});

it('prints tokens, cost and the time to the first chunk below each call of a model', async () => {
  const app = await SampleApp.start();
  await curl(`curl -N ${app.url}/assistant/7`);
  const output = await app.waitFor(/GET \/assistant[^]*\n\n/);
  expect(output).toMatch(/chat gpt-4o \[client\].*\n.*gpt-4o 310→18 tok \$0\.0010 ttft [\d.]+ ms/);
  expect(output).toMatch(/chat gpt-4o \[client\].*\n.*gpt-4o 1,204→318 tok \$0\.0062 ttft [\d.]+ ms/);
  expect(output).toMatch(/shop-assistant .*\n.*1,514→336 tok \$0\.0071/);
});

it('leaves out the model where the guardrail refuses', async () => {
  const [app, receiver] = await start();
  const { body } = await curl(`curl -N ${app.url}/assistant/8?question=password`);
  expect(body).toContain('I only know about parcels.');
  await app.stop('SIGTERM');
  await receiver.waitForCount(4);
  expect(tree(receiver.spans)).toEqual([
    'orders › GET /assistant/:conversationId',
    '  ai_streaming_response',
    '  invoke_agent shop-assistant',
    '    on topic',
  ]);
});

it('has a span for a message of a socket until its last answer, and a trace for each tick', async () => {
  const [app, receiver] = await start({ SAMPLE_CRON: '* * * * * *' });
  const run = promisify(execFile)(process.execPath, [FOLLOW, app.url.replace('http', 'ws'), '7']);
  expect(
    (await run).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(
    ['booked', 'packed', 'on its way'].map((status) => ({ event: 'status', data: { orderId: '7', status } })),
  );
  await receiver.waitUntil(
    (spans) => spans.filter(({ name }) => name.startsWith('PickupService')).length > 1,
  );
  const ticks = receiver.spans.filter(({ name }) => name === 'PickupService.callTheCourier');
  expect(new Set(ticks.map(({ traceId }) => traceId)).size).toBe(ticks.length);
  expect(receiver.spans.find(({ name }) => name === 'follow')?.attributes).toEqual({
    'code.function.name': 'ShipmentsGateway.follow',
    'stream.outcome': 'completed',
    'websocket.event': 'follow',
    'websocket.library': 'ws',
  });
});

it('ends its second process and delivers what both have made when SIGTERM comes amid open answers', async () => {
  const [app, receiver] = await start();
  const streams = await Promise.all(
    ['/feed/endless', '/assistant/9'].map((path) => fetch(`${app.url}${path}`)),
  );
  const answers = Array.from({ length: 20 }, async (_, id) => {
    const { body } = await curl(`curl -X POST ${app.url}/orders/${id}/shipment`);
    return (JSON.parse(body) as { traceId: string }).traceId;
  });
  await Promise.race(answers);
  expect(await app.stop('SIGTERM')).toBe('SIGTERM');
  await Promise.all(streams.map((stream) => stream.text()));
  const answered = (await Promise.allSettled(answers)).flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  expect(answered.length).toBeGreaterThan(0);
  await receiver.waitUntil(
    (spans) =>
      answered.every((id) => spans.filter(({ traceId }) => traceId === id).length === 5) &&
      spans.filter(({ name }) => name === 'process shipment.booked').length >= answered.length,
  );
  const outcomes = receiver.spans.flatMap(({ name, attributes }) =>
    attributes['stream.outcome'] === undefined || name.startsWith('chat ')
      ? []
      : [`${name}: ${attributes['stream.outcome'] as string}`],
  );
  expect(outcomes.sort()).toEqual([
    'GET /feed/endless: server_shutdown',
    'ai_streaming_response: server_shutdown',
    'invoke_agent shop-assistant: client_disconnect',
  ]);
});
