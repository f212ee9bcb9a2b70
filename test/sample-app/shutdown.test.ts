import { expect, it, onTestFinished } from 'vitest';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { SampleApp } from './sample-app.js';

const SPANS_OF_A_REQUEST = [
  'GET /orders/:id',
  'OrdersService.findPriced',
  'SELECT orders',
  'price items',
  'quote invoice',
];

it('delivers every span of every answered request when SIGTERM comes amid 200 concurrent ones', async () => {
  const receiver = await OtlpReceiver.start();
  onTestFinished(() => receiver.stop());
  const app = await SampleApp.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  });
  const answered: string[] = [];
  let stopped: Promise<unknown> | undefined;
  await Promise.allSettled(
    Array.from({ length: 200 }, async (_, id) => {
      const response = await fetch(`${app.url}/orders/${id}`);
      const { traceId } = (await response.json()) as { traceId: string };
      answered.push(traceId);
      if (answered.length === 100) stopped = app.stop('SIGTERM');
    }),
  );
  expect(answered.length).toBeGreaterThanOrEqual(100);
  expect(await stopped).toBe('SIGTERM');

  await receiver.waitForCount(answered.length * SPANS_OF_A_REQUEST.length);
  const names = new Map<string, string[]>(answered.map((traceId) => [traceId, []]));
  for (const { traceId, name } of receiver.spans) names.get(traceId)?.push(name);
  expect([...names.values()].map((found) => found.sort())).toEqual(answered.map(() => SPANS_OF_A_REQUEST));
});
