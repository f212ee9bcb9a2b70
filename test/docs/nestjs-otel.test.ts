import { PassThrough } from 'node:stream';
import { Controller, Get, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { MeterManager, type TelemetryModuleOptions } from 'nestjs-telemetry';
import { recordSpans, SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { PLAIN_SPAN, shapeOf } from '../support/span-shape.js';
import { run } from './running-app.js';

async function app(type: Type, options?: TelemetryModuleOptions) {
  const created = await create([type], options);
  return { app: created, recorder: created.get(SpanRecorder) };
}

async function create(types: readonly Type[], options: TelemetryModuleOptions = {}) {
  const isController = (type: Type): boolean => type.name.endsWith('Controller');
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot(options)],
    controllers: types.filter(isController),
    providers: types.filter((type) => !isController(type)),
  }).compile();
  const created = module.createNestApplication();
  onTestFinished(() => created.close());
  await created.listen(0, '127.0.0.1');
  return created;
}

it('the decorator’s examples', async () => {
  const { BooksService } = await import('./examples/nestjs-otel/books.js');
  const { app: running, recorder } = await app(BooksService);
  const books = running.get(BooksService);
  await books.getBooks();
  await books.getBooksAgain();
  await books.getBook(1);
  await books.getBookAgain(2);
  await books.getBookOnceMore(3);
  await books.getBooksCounted();
  expect(recorder.spans().map(shapeOf)).toEqual([
    { ...PLAIN_SPAN, name: 'CRITICAL_SECTION' },
    { ...PLAIN_SPAN, name: 'BooksService.getBooksAgain' },
    { ...PLAIN_SPAN, name: 'getBook', kind: 'SERVER' },
    { ...PLAIN_SPAN, name: 'getBook', attributes: { bookId: 2 } },
    { ...PLAIN_SPAN, name: 'BooksService.getBookOnceMore', attributes: { bookId: 3 } },
    { ...PLAIN_SPAN, name: 'BooksService.getBooksCounted', attributes: { 'book.count': 2 } },
  ]);
});

it('the class decorator’s example', async () => {
  const { UsersService } = await import('./examples/nestjs-otel/books.js');
  const { app: running, recorder } = await app(UsersService);
  running.get(UsersService).findAll();
  running.get(UsersService).findOne('1');
  expect(recorder.tree().map(({ name }) => name)).toEqual(['UsersService.findAll', 'UsersService.findOne']);
});

it('the current span’s example', async () => {
  const { CatsController } = await import('./examples/nestjs-otel/books.js');
  const { app: running, recorder } = await app(CatsController);
  await fetch(`${await running.getUrl()}/cats`);
  expect((await recorder.waitFor('GET /cats')).attributes).toMatchObject({ 'custom.attribute': 'value' });
});

it('the baggage’s example', async () => {
  const { CatsController } = await import('./examples/nestjs-otel/baggage.js');
  const { app: running } = await app(CatsController, { baggage: { allow: ['tenant-id'] } });
  const log = vi.spyOn(console, 'log').mockReturnValue();
  onTestFinished(() => {
    log.mockRestore();
  });
  const answer = await fetch(`${await running.getUrl()}/cats`, { headers: { baggage: 'tenant-id=acme' } });
  expect(await answer.text()).toBe('This action returns all cats');
  expect(log.mock.calls).toEqual([['Tenant ID:', 'acme']]);
});

it('the tracing service’s example', async () => {
  const { BookService } = await import('./examples/nestjs-otel/books.js');
  const { app: running, recorder } = await app(BookService);
  await running.get(BookService).getBooks();
  expect(recorder.tree()).toEqual([
    { name: 'BookService.getBooks', children: [{ name: 'sub_span', children: [] }] },
  ]);
  expect(recorder.span('BookService.getBooks').events.map(({ name }) => name)).toEqual(['event 1']);
  expect(recorder.span('sub_span').attributes).toEqual({ userId: 1 });
});

const CHECKOUT = {
  'nestjs_otel.wide_event': true,
  'code.function.name': 'CheckoutController.checkout',
  'user.id': 'u-123',
  'cart.items': 3,
  'cart.total': 42.5,
  'payment.duration_ms': expect.any(Number) as number,
  'db.queries': 1,
  'books.count': 2,
};

it('the wide event’s examples, for every request', async () => {
  const { AppModule } = await import('./examples/nestjs-otel/wide-events.js');
  const running = await run(AppModule);
  const recorder = await recordSpans(running);
  await fetch(`${running.url}/checkout`);
  expect((await recorder.waitFor('GET /checkout')).attributes).toMatchObject(CHECKOUT);
  expect((await fetch(`${running.url}/checkout/declined`)).status).toBe(500);
  expect((await recorder.waitFor('GET /checkout/declined')).attributes).toMatchObject({
    'nestjs_otel.wide_event': true,
    'code.function.name': 'CheckoutController.declined',
    'error.type': 'PaymentDeclinedError',
    'error.message': 'card declined',
  });
});

it('the wide event’s examples, for one controller and with a seed', async () => {
  vi.stubEnv('BUILD_SHA', 'abc');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const { SeededModule } = await import('./examples/nestjs-otel/wide-events.js');
  const running = await run(SeededModule);
  const recorder = await recordSpans(running);
  await fetch(`${running.url}/checkout`);
  expect((await recorder.waitFor('GET /checkout')).attributes).toMatchObject({
    ...CHECKOUT,
    'code.function.name': 'WideController.checkout',
    'app.version': 'abc',
  });
  await fetch(`${running.url}/plain`);
  const { attributes } = await recorder.waitFor('GET /plain');
  expect(Object.keys(CHECKOUT).filter((key) => key in attributes)).toEqual(['code.function.name']);
});

it('the examples of metrics, by the names that Prometheus shows', async () => {
  const examples = await import('./examples/nestjs-otel/metrics.js');
  const { BookService, MyClass, MyService, AppController } = examples;
  const parameters = await import('./examples/nestjs-otel/metric-parameters.js');
  const types = [BookService, MyClass, MyService, AppController, parameters.AppController];
  const running = await create(types, { metrics: { readers: { type: 'prometheus', port: 0 } } });
  await running.get(BookService).getBooks();
  running.get(MyService).doSomething();
  const url = await running.getUrl();
  await fetch(url);
  for (let visit = 0; visit < 2; visit += 1) await fetch(`${url}/home`);
  const page = await running.get(MeterManager).scrape();
  const samples = Object.fromEntries(
    [...page.matchAll(/^(\w+)(?:\{[^}]*\})? (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
  expect(samples).toMatchObject({
    custom_counter_total: 1,
    app_MyClass_instances_total: 1,
    app_MyService_doSomething_calls_total: 1,
    app_AppController_doSomething_calls_total: 1,
    app_counter_1_inc_total: 2,
  });
});

it('what takes the place of pino’s formatter', async () => {
  const { loggerOptions } = await import('./examples/nestjs-otel/logger.js');
  const stream = new PassThrough();
  const logger = pino({ ...loggerOptions, base: null, timestamp: false }, stream);
  @Controller('log')
  class LogController {
    @Get()
    log(): void {
      logger.info({ order: 7 }, 'placed');
    }
  }
  const { app: running, recorder } = await app(LogController);
  await fetch(`${await running.getUrl()}/log`);
  const { traceId, spanId } = (await recorder.waitFor('GET /log')).spanContext();
  expect(JSON.parse(String(stream.read()))).toEqual({ level: 30, traceId, spanId, order: 7, msg: 'placed' });
});
