import { AsyncResource } from 'node:async_hooks';
import {
  Catch,
  Controller,
  Get,
  HttpException,
  Inject,
  Injectable,
  Param,
  Res,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { bufferCount, concatMap, from, map, mergeMap, Observable, of, switchMap, zip } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Baggage, Span } from '../../src/index.js';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { SharedConnection } from '../support/shared-connection.js';
import { startApp } from '../support/test-app.js';

@Injectable()
class Store {
  private readonly connection = new SharedConnection();

  call(callback: () => void): void {
    this.connection.call(callback);
  }

  promise<T>(value: T): Promise<T> {
    return new Promise((resolve) => {
      this.call(() => resolve(value));
    });
  }

  stream<T>(value: T): Observable<T> {
    return new Observable((subscriber) => {
      this.call(() => {
        subscriber.next(value);
        subscriber.complete();
      });
    });
  }
}

@Injectable()
class Work {
  @Span()
  do(id: string): string {
    return id;
  }
}

@Injectable()
class PromisingGuard implements CanActivate {
  constructor(@Inject(Store) private readonly store: Store) {}

  canActivate(): Promise<boolean> {
    return this.store.promise(true);
  }
}

@Injectable()
class StreamingGuard implements CanActivate {
  constructor(@Inject(Store) private readonly store: Store) {}

  canActivate(): Observable<boolean> {
    return this.store.stream(true);
  }
}

@Injectable()
class LookingPipe implements PipeTransform {
  constructor(@Inject(Store) private readonly store: Store) {}

  transform(value: unknown): Promise<unknown> {
    return this.store.promise(value);
  }
}

@Injectable()
class AskingInterceptor implements NestInterceptor {
  constructor(@Inject(Store) private readonly store: Store) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return this.store.stream(1).pipe(switchMap(() => next.handle()));
  }
}

interface Answer {
  status(code: number): Answer;
  send(text: string): void;
}

@Catch()
@Injectable()
class LookingFilter implements ExceptionFilter {
  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(Work) private readonly work: Work,
  ) {}

  async catch(_error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const { id } = http.getRequest<{ params: { id: string } }>().params;
    await this.store.promise(id);
    http.getResponse<Answer>().status(418).send(this.work.do(id));
  }
}

@Controller()
class EnhancedController {
  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(Work) private readonly work: Work,
  ) {}

  @Get('guarded/:id')
  @UseGuards(PromisingGuard, StreamingGuard)
  guarded(@Param('id') id: string): string {
    return this.work.do(id);
  }

  @Get('piped/:id')
  @UsePipes(LookingPipe)
  piped(@Param('id') id: string): string {
    return this.work.do(id);
  }

  @Get('intercepted/:id')
  @UseInterceptors(AskingInterceptor)
  intercepted(@Param('id') id: string, @Baggage('user.id') user: string): string {
    this.work.do(id);
    return user;
  }

  @Get('filtered/:id')
  @UseFilters(LookingFilter)
  async filtered(): Promise<void> {
    await this.store.promise(1);
    throw new HttpException('no', 400);
  }

  @Get('zipped/:id')
  zipped(@Param('id') id: string): Observable<string> {
    return zip(this.store.stream(1), this.store.stream(2)).pipe(concatMap(() => of(this.work.do(id))));
  }

  @Get('buffered/:id')
  buffered(@Param('id') id: string): Observable<string> {
    const both = from([1, 2]).pipe(mergeMap((value) => this.store.stream(value)));
    return both.pipe(
      bufferCount(2),
      map(() => this.work.do(id)),
    );
  }

  @Get('answered/:id')
  answered(@Param('id') id: string, @Res() response: Answer): void {
    this.store
      .stream(id)
      .subscribe(AsyncResource.bind((value: string) => response.send(this.work.do(value))));
  }

  @Get('unbound/:id')
  unbound(@Param('id') id: string, @Res() response: Answer): void {
    this.store.call(() => {
      response.send(this.work.do(id));
    });
  }
}

const IDS = ['1', '2', '3', '4'];

describe.each(ALL_SERVERS)('behind a connection that requests share, on $name', (server) => {
  async function parentsOf(route: string): Promise<unknown[]> {
    const app = await startApp({
      server,
      controllers: [EnhancedController],
      providers: [Store, Work],
    });
    const ask = (id: string) => app.get(`/${route}/${id}`, { 'x-user-id': `user ${id}` });
    await ask('0');
    const answers = await Promise.all(IDS.map(ask));
    await app.close();
    const spans = app.recorder.spans();
    const servers = spans.filter(({ kind }) => kind === 1);
    expect(servers.map(({ name }) => name)).toEqual(Array(5).fill(`GET /${route}/:id`));
    if (route === 'intercepted')
      expect(answers.map(({ body }) => body)).toEqual(IDS.map((id) => `user ${id}`));
    return servers.map((parent) => {
      const { spanId, traceId } = parent.spanContext();
      const children = spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId);
      return children.map((child) => [child.name, child.spanContext().traceId === traceId]);
    });
  }

  it.each(['guarded', 'piped', 'intercepted', 'filtered', 'zipped', 'buffered', 'answered'])(
    'what a request does is its own: %s',
    async (route) => {
      expect(await parentsOf(route)).toEqual(Array(5).fill([['Work.do', true]]));
    },
  );

  it('a bare callback has the context of the request that opened the connection', async () => {
    const children = await parentsOf('unbound');
    expect(children).not.toEqual(Array(5).fill([['Work.do', true]]));
    expect(children.flat()).toHaveLength(5);
  });
});
