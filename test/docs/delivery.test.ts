import { expect, it } from 'vitest';
import { run, setVariables, startReceiver } from './running-app.js';

it('a health check tells whether spans arrive', async () => {
  const { AppModule } = await import('./examples/delivery/health.js');
  const { url } = await run(AppModule);
  const answer = await fetch(`${url}/health`);
  expect(await answer.json()).toMatchObject({ status: 'ok', details: { telemetry: { status: 'up' } } });
});

it('a function has delivered its spans when it returns', async () => {
  const receiver = await startReceiver();
  setVariables({
    OTEL_SERVICE_NAME: 'orders',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  });
  const { handler } = await import('./examples/delivery/serverless.js');
  expect(await handler({ id: '42' })).toBe('order 42');
  await receiver.waitForCount(1, 1000);
  expect(receiver.spans.map(({ name }) => name)).toEqual(['OrdersService.handle']);
});
