import { context, trace } from '@opentelemetry/api';
import { Logger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { TracerManager, TelemetryModule, type TracerConfig } from 'nestjs-telemetry';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { headersOfSpans, run, setVariables, startReceiver } from './running-app.js';

/** What `@opentelemetry/api` keeps for the whole process. */
function globals(): object {
  return { ...(globalThis as any)[Symbol.for('opentelemetry.js.api.1')], version: undefined };
}

async function managerOf(config: TracerConfig): Promise<TracerManager> {
  const module = await Test.createTestingModule({ imports: [TelemetryModule.forRoot(config)] }).compile();
  onTestFinished(() => module.close());
  return module.get(TracerManager);
}

describe('1. imports', () => {
  it('name what the package exports', async () => {
    const { imported } = await import('./examples/migration/imports.js');
    expect(Object.values(imported).map((value) => typeof value)).toEqual([
      'function',
      'function',
      'function',
    ]);
  });
});

describe('2. drop-in setup', () => {
  it('sends to the same receiver what the old setup sends, and sets no global', async () => {
    const receiver = await startReceiver();
    setVariables({ OTEL_SERVICE_NAME: 'orders', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl });

    const { setupTracing } = await import('./examples/migration/tracing-before.js');
    const provider = setupTracing();
    const { OrdersService } = await import('./examples/migration/service-before.js');
    new OrdersService().find('41');
    expect(Object.keys(globals())).toEqual(expect.arrayContaining(['trace', 'context']));
    await provider.shutdown();
    trace.disable();
    context.disable();
    await receiver.waitForCount(1);
    const [old] = receiver.spans;
    receiver.clear();

    const before = globals();
    setVariables({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    const { AppModule } = await import('./examples/migration/drop-in.js');
    const { url, manager } = await run(AppModule);
    expect(await (await fetch(`${url}/orders/42`)).json()).toEqual({ id: '42' });
    await manager.forceFlush();
    await receiver.waitForCount(2);
    const [method] = receiver.spans.filter(({ name }) => name === 'OrdersService.find');
    const [server] = receiver.spans.filter(({ name }) => name === 'GET /orders/:id');
    expect(method).toMatchObject({ name: old!.name, kind: 'INTERNAL', parentSpanId: server!.spanId });
    expect(method!.resource['service.name']).toBe(old!.resource['service.name']);
    expect(globals()).toEqual(before);
    expect(globals()).not.toHaveProperty('trace');
  });

  it('hands a tracer of the API to code that knows nothing else', async () => {
    const { PriceList } = await import('./examples/migration/library.js');
    const module = await Test.createTestingModule({
      imports: [TelemetryTestingModule.forRoot()],
      providers: [PriceList],
    }).compile();
    expect(module.get(PriceList).load()).toBe(3);
    const span = module.get(SpanRecorder).span('load prices');
    expect(span.instrumentationScope.name).toBe('price-list');
    expect(span.attributes).toEqual({ 'price.count': 3 });
  });
});

describe('3. runtime configuration', () => {
  it('with explicit values sends Arize’s headers, resource attributes included', async () => {
    const receiver = await startReceiver();
    setVariables({ ARIZE_COLLECTOR_ENDPOINT: receiver.grpcUrl });
    const { AppModule } = await import('./examples/migration/explicit.js');
    const { manager } = await run(AppModule);
    manager.startSpan('chat').end();
    await manager.forceFlush();
    await receiver.waitForCount(1);
    expect(receiver.spans[0]!.resource).toMatchObject({
      'service.name': 'chat',
      'service.version': '1.0.0',
      'deployment.environment.name': 'production',
      'openinference.project.name': 'custom_model',
      model_id: 'custom_model',
      team: 'assistants',
    });
    expect(headersOfSpans(receiver)).toMatchObject({
      authorization: 'your_api_key',
      'arize-space-id': 'your_space_id',
    });
  });

  it('with ConfigService takes them from it', async () => {
    const receiver = await startReceiver();
    setVariables({ APP_VERSION: '2.0.0', COLLECTOR_URL: receiver.grpcUrl });
    const { AppModule } = await import('./examples/migration/config-service.js');
    const { manager } = await run(AppModule);
    manager.startSpan('work').end();
    await manager.forceFlush();
    await receiver.waitForCount(1);
    expect(receiver.spans[0]!.resource).toMatchObject({
      'service.name': 'orders',
      'service.version': '2.0.0',
    });
  });

  it('by configure hands out a tracer that follows', async () => {
    const manager = await managerOf({ service: { name: 'chat' } });
    const { TelemetrySetup } = await import('./examples/migration/configure.js');
    const [one, two] = [new SpanRecorder(), new SpanRecorder()];
    const setup = new TelemetrySetup(manager);
    const tracer = await setup.use({ service: { name: 'chat' }, exporter: one });
    await setup.use({ service: { name: 'chat' }, exporter: two });
    tracer.startSpan('follows').end();
    expect([one.tree(), two.tree()]).toEqual([[], [{ name: 'follows', children: [] }]]);
  });
});

describe('4. reconfiguration', () => {
  it('reports what changed, and drains', async () => {
    const receiver = await startReceiver();
    setVariables({ ARIZE_COLLECTOR_ENDPOINT: receiver.grpcUrl });
    const manager = await managerOf({ service: { name: 'chat' } });
    const { reconfigure } = await import('./examples/migration/reconfigure.js');
    expect(await reconfigure(manager)).toEqual({ changed: ['resourceAttributes', 'exporter'], drained: 0 });
    manager.startSpan('now').end();
    await manager.forceFlush();
    await receiver.waitForCount(1);
    expect(headersOfSpans(receiver)).toMatchObject({ 'arize-space-id': 'space2' });
    expect(receiver.spans[0]!.resource.model_id).toBe('model2');
  });
});

describe('5. environments', () => {
  it.each([
    ['production', 'PROD_', 0.1, false],
    ['development', 'DEV_', 1, true],
  ])('in %s reads %s variables', async (environment, prefix, sampler, debugEvents) => {
    const receiver = await startReceiver();
    setVariables({
      APP_ENV: environment,
      ARIZE_COLLECTOR_ENDPOINT: receiver.grpcUrl,
      PROD_ARIZE_SPACE_ID: 'PROD_space',
      PROD_ARIZE_API_KEY: 'PROD_key',
      PROD_ARIZE_PROJECT_NAME: 'PROD_model',
      DEV_ARIZE_SPACE_ID: 'DEV_space',
      DEV_ARIZE_API_KEY: 'DEV_key',
      DEV_ARIZE_PROJECT_NAME: 'DEV_model',
    });
    const { AppModule } = await import('./examples/migration/environments.js');
    const { manager } = await run(AppModule);
    expect(manager.config()).toMatchObject({ sampler });
    expect(manager.settings()?.debugEvents).toBe(debugEvents);
    await manager.reconfigure({ sampler: 1 });
    manager.startSpan('chat').end();
    await manager.forceFlush();
    await receiver.waitForCount(1);
    expect(headersOfSpans(receiver)).toMatchObject({
      'arize-space-id': `${prefix}space`,
      authorization: `${prefix}key`,
    });
    expect(receiver.spans[0]!.resource).toMatchObject({
      model_id: `${prefix}model`,
      'deployment.environment.name': environment,
    });
  });

  it('from variables alone', async () => {
    setVariables({ OTEL_SERVICE_NAME: 'orders', OTEL_SAMPLE_RATE: '0.25' });
    const { AppModule } = await import('./examples/migration/from-env.js');
    const { manager } = await run(AppModule);
    expect(manager.config()).toMatchObject({ service: { name: 'orders' } });
    expect(manager.status().sampler).toContain('0.25');
  });
});

describe('6. temporary configuration', () => {
  it('holds for its flow alone and reverts', async () => {
    const receiver = await startReceiver();
    const { Support } = await import('./examples/migration/temporary.js');
    const recorder = new SpanRecorder();
    const manager = await managerOf({ service: { name: 'shop' }, exporter: recorder, sampler: 0 });
    const temporary = vi.spyOn(manager, 'withTemporaryConfig');
    temporary.mockImplementation((change, fn) => {
      temporary.mockRestore();
      return manager.withTemporaryConfig(
        { ...change, exporter: { type: 'otlp-grpc', url: receiver.grpcUrl } },
        fn,
      );
    });
    expect(await new Support(manager).replay('42')).toBe('replayed 42');
    manager.startSpan('somebody else').end();
    await manager.forceFlush();
    await receiver.waitForCount(1);
    expect(receiver.spans.map(({ name }) => name)).toEqual(['debug_operation']);
    expect(receiver.spans[0]!.resource).toMatchObject({ 'service.name': 'shop', debug: true });
    expect(recorder.spans()).toEqual([]);
    expect(manager.config()).toMatchObject({ sampler: 0 });
  });
});

describe('7. safe usage', () => {
  it('runs without telemetry where the configuration cannot work, and with it once it can', async () => {
    setVariables({ OTEL_SERVICE_NAME: 'orders', ARIZE_SPACE_ID: 'space', ARIZE_API_KEY: '"quoted"' });
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    onTestFinished(() => warn.mockRestore());
    const { AppModule, Work } = await import('./examples/migration/safe.js');
    const { manager, get } = await run(AppModule);
    expect(get(Work).run()).toBe('done');
    expect(manager.isConfigured()).toBe(false);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('ARIZE_API_KEY'));

    const receiver = await startReceiver();
    setVariables({ ARIZE_API_KEY: 'unquoted', ARIZE_COLLECTOR_ENDPOINT: receiver.grpcUrl });
    const { later } = await import('./examples/migration/later.js');
    await later(manager);
    expect(manager.isConfigured()).toBe(true);
    expect(manager.withSpan('operation', (span) => span.isRecording())).toBe(true);
    await manager.forceFlush();
    await receiver.waitForCount(1);
  });
});

describe('common patterns', () => {
  it('the life cycle delivers what has ended when the app closes', async () => {
    const receiver = await startReceiver();
    setVariables({
      OTEL_SERVICE_NAME: 'orders',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      PORT: '0',
    });
    const create = vi.spyOn(NestFactory, 'create');
    onTestFinished(() => create.mockRestore());
    const { bootstrap } = await import('./examples/migration/lifecycle.js');
    await bootstrap();
    const app = await (create.mock.results[0]!.value as Promise<INestApplication>);
    await fetch(`${(await app.getUrl()).replace('[::1]', 'localhost')}/orders/42`);
    await app.close();
    await receiver.waitForCount(2);
    expect(receiver.spans.map(({ name }) => name).sort()).toEqual(['GET /orders/:id', 'OrdersService.find']);
  });

  it('the admin endpoint takes changes from operators alone', async () => {
    setVariables({ OPERATOR_KEY: 'open-sesame' });
    const { AppModule } = await import('./examples/migration/admin.js');
    const { url, manager } = await run(AppModule);
    const put = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${url}/admin/telemetry/config`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ sampler: 0.5 }),
      });
    expect((await put({})).status).toBe(403);
    expect(manager.config().sampler).toBeUndefined();
    const answer = await put({ 'x-operator-key': 'open-sesame' });
    expect(await answer.json()).toEqual({
      status: 'reconfigured',
      generation: 2,
      changed: ['sampler'],
      // The request that asked.
      draining: 0,
    });
    expect(manager.config().sampler).toBe(0.5);
  });
});

// The example of a test is one.
await import('./examples/migration/testing.js');

describe('troubleshooting', () => {
  it('verifyExport sends the headers of the environment as they are', async () => {
    const receiver = await startReceiver();
    setVariables({
      ARIZE_COLLECTOR_ENDPOINT: receiver.grpcUrl,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'space_id=space,api_key=key',
    });
    const { verify } = await import('./examples/migration/headers-from-env.js');
    const manager = await managerOf({ service: { name: 'chat' } });
    expect(await verify(manager)).toMatchObject({ ok: true, headerStyles: { current: true, legacy: true } });
    expect(headersOfSpans(receiver)).toMatchObject({ space_id: 'space', api_key: 'key' });
  });
});
