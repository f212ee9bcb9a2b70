import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { TracerManager, type TelemetryModuleOptions } from 'nestjs-telemetry';
import { recordSpans, SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { expect, it, onTestFinished } from 'vitest';
import { options as masked, withValues } from './examples/masking/masking.js';
import { options as sampled, ItemService, keepPayments } from './examples/sampling/sampler.js';
import * as errors from './examples/spans/errors.js';
import { InvoicesResolver } from './examples/spans/graphql.js';
import * as examples from './examples/spans/orders.js';

async function start(options: TelemetryModuleOptions = {}) {
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot(options)],
    controllers: [examples.OrdersController],
    providers: [
      examples.OrdersService,
      examples.InvoiceService,
      examples.StockService,
      examples.ImportService,
      examples.ChatService,
      ItemService,
    ],
  }).compile();
  const app = module.createNestApplication();
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return { app, manager: app.get(TracerManager), recorder: app.get(SpanRecorder), url: await app.getUrl() };
}

const named = (recorder: SpanRecorder): unknown[] =>
  recorder.spans().map(({ name, attributes }) => [name, attributes]);

it('decorated methods', async () => {
  const { app, recorder } = await start();
  const orders = app.get(examples.OrdersService);
  const order = await orders.find('7');
  await orders.select();
  await orders.place(order);
  await orders.list();
  await app.get(examples.InvoiceService).print(order, ['a', 'b']);
  app.get(examples.StockService).reserve('tea');
  expect(named(recorder)).toEqual([
    ['OrdersService.find', {}],
    ['SELECT orders', { 'db.system.name': 'postgresql' }],
    ['OrdersService.place', { 'order.items': 1 }],
    ['OrdersService.list', { 'result.items_count': 0 }],
    ['InvoiceService.print', { 'order.id': '7', items: 2 }],
    ['StockService.reserve', {}],
  ]);
});

it('the current span, and a handler without one', async () => {
  const { recorder, url } = await start();
  await fetch(`${url}/orders/health/live`);
  await fetch(`${url}/orders/7`);
  expect((await recorder.waitFor('GET /orders/:id')).attributes['order.id']).toBe('7');
  expect(recorder.spans().map(({ name }) => name)).toEqual(['OrdersService.find', 'GET /orders/:id']);
});

it('resolvers', async () => {
  const module = await Test.createTestingModule({
    imports: [
      TelemetryTestingModule.forRoot(),
      GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
    ],
    providers: [InvoicesResolver],
  }).compile();
  const app = module.createNestApplication({ logger: false });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  for (const query of ['{ invoice(id: "7") { items } }', 'mutation { pay(id: "7") { id } }']) {
    const response = await fetch(`${await app.getUrl()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(200);
  }
  const recorder = app.get(SpanRecorder);
  await recorder.waitFor((span) => span.name === 'POST /graphql' && recorder.spans().length === 5);
  const resolvers = recorder.spans().filter(({ name }) => name !== 'POST /graphql');
  expect(resolvers.map(({ name, attributes, status }) => [name, attributes, status.code])).toEqual([
    ['InvoicesResolver.invoice', { 'invoice.id': '7' }, 0],
    ['InvoicesResolver.items', {}, 0],
    ['pay invoice', { 'error.type': 'GraphQLError' }, 0],
  ]);
});

it('checkpoints, while they are on', async () => {
  const { app, manager, recorder } = await start();
  const rows = Array.from({ length: 250 }, (_, index) => `row ${index}`);
  await app.get(examples.ImportService).run(rows);
  expect(recorder.span('data_processing').events).toEqual([]);
  recorder.clear();
  await manager.reconfigure({ debugEvents: true });
  await app.get(examples.ImportService).run(rows);
  const span = recorder.span('data_processing');
  expect(span.events.map(({ attributes }) => attributes)).toEqual(
    [0, 100, 200].map((index) => ({ items_processed: index, current_item_id: `row ${index}` })),
  );
  expect(span.attributes).toEqual({ 'data.size': 250, 'processing.items_processed': 250 });
});

it('attributes of a flow, and code without spans', async () => {
  const { app, recorder } = await start();
  await app.get(examples.ChatService).answer('s1', 'tea');
  expect(named(recorder)).toEqual([
    [
      'complete',
      {
        'session.id': 's1',
        metadata: '{"plan":"gold"}',
        'tag.tags': ['chat'],
        'llm.prompt_template.template': 'Answer: {question}',
        'llm.prompt_template.version': 'v1',
        'llm.prompt_template.variables': '{"question":"tea"}',
        'app.feature': 'chat',
      },
    ],
  ]);
});

it('the error classifier', async () => {
  const module = await Test.createTestingModule({ imports: [errors.AppModule] }).compile();
  onTestFinished(() => module.close());
  const recorder = await recordSpans(module);
  const manager = module.get(TracerManager, { strict: false });
  for (const error of [
    new errors.ValidationError('no name'),
    new errors.DatabaseError('down'),
    new Error('odd'),
  ]) {
    expect(() =>
      manager.withSpan('work', () => {
        throw error;
      }),
    ).toThrow(error);
  }
  expect(
    recorder.spans().map(({ attributes, status }) => [attributes['error.type'], status.message]),
  ).toEqual([
    ['validation', 'Validation failed: no name'],
    ['database', 'Database error: down'],
    ['Error', 'odd'],
  ]);
});

it('the sampler is valid, and can change', async () => {
  const { app, manager, recorder } = await start(sampled);
  expect(manager.status().sampler).toBe('parent-based(rules(4, ratio(0.1))), at most 2000 spans/s');
  await keepPayments(manager);
  await app.get(ItemService).touch('1');
  expect(recorder.spans()).toEqual([]);
});

it('the masks hide what they name', async () => {
  const { manager, recorder } = await start(masked);
  manager.withSpan(
    'pay',
    { attributes: { iban: 'DE1', note: 'card 4111 1111 1111 1111 of ada@example.com' } },
    () => {},
  );
  expect(named(recorder)).toEqual([
    ['pay', { iban: '__REDACTED__', note: 'card __REDACTED__ of __REDACTED__' }],
  ]);
});

it('arguments are recorded, results hidden', async () => {
  const { app, recorder } = await start(withValues);
  await app.get(examples.OrdersService).find('7');
  expect(recorder.span('OrdersService.find').attributes).toMatchObject({
    'input.value': '{"id":"7"}',
    'output.value': '__REDACTED__',
  });
});
