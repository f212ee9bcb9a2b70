import { Controller, Get, Inject, Injectable, UseInterceptors } from '@nestjs/common';
import { of, type Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { Traceable, WideEventField, WideEventInterceptor } from '../../../src/index.js';
import { LogRecorder } from '../../support/log-recorder.js';
import { startApp, type TestApp } from '../../support/test-app.js';

@Injectable()
@Traceable()
class Books {
  @WideEventField('books.count', (books: string[]) => books.length)
  async list(): Promise<string[]> {
    return Promise.resolve(['one', 'two']);
  }

  @WideEventField('books.best')
  best(): string {
    return 'one';
  }

  @WideEventField('books.shelf')
  shelf(): object {
    return { id: 7 };
  }

  @WideEventField('books.stream')
  stream(): Observable<string> {
    return of('one');
  }

  @WideEventField('books.broken', () => {
    throw new Error('pick');
  })
  broken(): string {
    return 'whole';
  }

  @WideEventField('books.failed')
  fail(): never {
    throw new RangeError('none');
  }
}

@Controller()
class BooksController {
  constructor(@Inject(Books) private readonly books: Books) {}

  @Get('plain')
  async plain(): Promise<unknown> {
    return [await this.books.list(), this.books.best()];
  }

  @Get('wide')
  @UseInterceptors(WideEventInterceptor)
  async wide(): Promise<unknown> {
    this.books.stream();
    return [await this.books.list(), this.books.best(), this.books.shelf(), this.books.broken()];
  }

  @Get('failed')
  @UseInterceptors(WideEventInterceptor)
  failed(): void {
    this.books.fail();
  }
}

function start(logger = new LogRecorder()): Promise<TestApp> {
  return startApp({ controllers: [BooksController], providers: [Books], logger });
}

async function fieldsOf(app: TestApp, name: string): Promise<unknown> {
  const { attributes } = await app.recorder.waitFor(name);
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => key.startsWith('books.')));
}

it('puts results on the event, those of promises as well, and leaves the method’s span to its class', async () => {
  const logger = new LogRecorder();
  const app = await start(logger);
  const { body } = await app.get('/wide');
  expect(JSON.parse(body)).toEqual([['one', 'two'], 'one', { id: 7 }, 'whole']);
  expect(await fieldsOf(app, 'GET /wide')).toEqual({ 'books.count': 2, 'books.best': 'one' });
  expect(app.recorder.span('Books.best').attributes).toEqual({});
  expect(logger.lines('warn')).toEqual(['`@WideEventField` of the span `Books.broken` threw: Error: pick']);
});

it('leaves results alone where there is no event, or no result', async () => {
  const app = await start();
  expect((await app.get('/plain')).body).toBe('[["one","two"],"one"]');
  expect(await fieldsOf(app, 'GET /plain')).toEqual({});
  expect((await app.get('/failed')).status).toBe(500);
  expect(await fieldsOf(app, 'GET /failed')).toEqual({});
  expect(new Books().best()).toBe('one');
});

it('belongs on methods', () => {
  expect(() => {
    class Shelf {
      @WideEventField('shelf.size')
      get size(): number {
        return 1;
      }
    }
    return new Shelf();
  }).toThrow('@WideEventField');
});
