import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { expect, it, onTestFinished } from 'vitest';
import { shapeOf } from '../support/span-shape.js';

const plain = {
  kind: 'INTERNAL',
  parent: undefined,
  status: { code: 'UNSET' },
  attributes: {},
  events: [],
  links: [],
  scope: 'nestjs-telemetry',
};

async function app(type: Type): Promise<{ app: Awaited<ReturnType<typeof create>>; recorder: SpanRecorder }> {
  const created = await create(type);
  return { app: created, recorder: created.get(SpanRecorder) };
}

async function create(type: Type) {
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot()],
    ...(type.name.endsWith('Controller') ? { controllers: [type] } : { providers: [type] }),
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
    { ...plain, name: 'CRITICAL_SECTION' },
    { ...plain, name: 'BooksService.getBooksAgain' },
    { ...plain, name: 'getBook', kind: 'SERVER' },
    { ...plain, name: 'getBook', attributes: { bookId: 2 } },
    { ...plain, name: 'BooksService.getBookOnceMore', attributes: { bookId: 3 } },
    { ...plain, name: 'BooksService.getBooksCounted', attributes: { 'book.count': 2 } },
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
