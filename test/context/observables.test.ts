import {
  Controller,
  Get,
  Inject,
  Injectable,
  Param,
  Sse,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import {
  filter,
  map,
  merge,
  mergeMap,
  Observable,
  of,
  shareReplay,
  Subject,
  switchMap,
  take,
  tap,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { BaggageService, Span, TracerManager } from '../../src/index.js';
import { ALL_SERVERS } from '../support/server-kinds.js';
import { SharedConnection } from '../support/shared-connection.js';
import { startApp } from '../support/test-app.js';

/** Answers as a `ClientProxy` does: in the context of whoever opened the connection. */
@Injectable()
class Client {
  private readonly connection = new SharedConnection();

  send(value: string): Observable<string> {
    return new Observable((subscriber) => {
      this.connection.call(() => {
        subscriber.next(value);
        subscriber.complete();
      });
    });
  }
}

@Injectable()
class Prices {
  @Span()
  format(value: string) {
    return `<${value}>`;
  }
}

@Injectable()
class TappingInterceptor implements NestInterceptor {
  constructor(
    @Inject(Prices) private readonly prices: Prices,
    @Inject(Client) private readonly client: Client,
  ) {}

  intercept(_context: ExecutionContext, next: CallHandler<string>): Observable<unknown> {
    return next.handle().pipe(
      switchMap((value) => this.client.send(value)),
      tap((value) => this.prices.format(value)),
    );
  }
}

@Injectable()
class CachingInterceptor implements NestInterceptor {
  constructor(@Inject(Prices) private readonly prices: Prices) {}

  intercept(): Observable<unknown> {
    return of('cached').pipe(map((value) => this.prices.format(value)));
  }
}

@Controller('prices')
class PricesController {
  private readonly ticks = new Subject<string>();
  private readonly shared: Observable<string>;

  constructor(
    @Inject(Client) private readonly client: Client,
    @Inject(Prices) private readonly prices: Prices,
    @Inject(BaggageService) private readonly baggage: BaggageService,
    @Inject(TracerManager) private readonly tracing: TracerManager,
  ) {
    this.shared = client.send('rate').pipe(shareReplay(1));
  }

  private price = (value: string) => this.prices.format(`${value} for ${this.baggage.get('user.id')}`);

  @Get('client/:id')
  fromClient(@Param('id') id: string) {
    return this.client.send(id).pipe(map(this.price));
  }

  @Get('inner/:id')
  fromInner(@Param('id') id: string) {
    return of(id).pipe(
      mergeMap((value) => this.client.send(value)),
      mergeMap(async (value) => this.price(value)),
    );
  }

  @Get('promised/:id')
  async promised(@Param('id') id: string) {
    await Promise.resolve();
    return this.client.send(id).pipe(map(this.price));
  }

  @Get('shared/:id')
  fromShared(@Param('id') id: string) {
    return this.shared.pipe(map((rate) => this.price(`${rate} ${id}`)));
  }

  @Get('subject/:id')
  fromSubject(@Param('id') id: string) {
    const asked = this.ticks.pipe(
      filter((tick) => tick === id),
      take(1),
      map(this.price),
    );
    return merge(
      asked,
      this.client.send(id).pipe(
        tap((tick) => {
          this.ticks.next(tick);
        }),
        filter(() => false),
      ),
    );
  }

  @Get('spanned/:id')
  spanned(@Param('id') id: string) {
    return this.tracing.withSpan('look', () => this.client.send(id).pipe(map(this.price)));
  }

  @UseInterceptors(TappingInterceptor)
  @Get('tapped/:id')
  tapped(@Param('id') id: string) {
    return id;
  }

  @UseInterceptors(CachingInterceptor)
  @Get('cached/:id')
  cached() {
    return 'never';
  }

  @Sse('sse/:id')
  stream(@Param('id') id: string) {
    return this.client.send(id).pipe(map((value) => ({ data: this.price(value) })));
  }

  @UseInterceptors(TappingInterceptor)
  @Sse('sse-tapped/:id')
  streamTapped(@Param('id') id: string) {
    return of(id);
  }
}

const IDS = ['1', '2', '3', '4'];

describe.each(ALL_SERVERS)('operators of a returned Observable on $name', (server) => {
  it.each([
    ['client', ['Prices.format']],
    ['inner', ['Prices.format']],
    ['promised', ['Prices.format']],
    ['shared', ['Prices.format']],
    ['subject', ['Prices.format']],
    ['spanned', ['look', 'Prices.format']],
    ['tapped', ['Prices.format']],
    ['cached', ['Prices.format']],
    ['sse', ['Prices.format']],
    ['sse-tapped', ['Prices.format']],
  ])('run in the context of its request: %s', async (route, names) => {
    const app = await startApp({ server, controllers: [PricesController], providers: [Client, Prices] });
    const answers = [];
    const ask = (id: string) => app.get(`/prices/${route}/${id}`, { 'x-user-id': `user ${id}` });
    answers.push(await ask('0'), ...(await Promise.all(IDS.map(ask))));
    await app.close();
    for (const { body } of answers.slice(1)) expect(body).not.toMatch(/user 0|undefined/);
    const spans = app.recorder.spans();
    const servers = spans.filter(({ parentSpanContext }) => parentSpanContext === undefined);
    expect(servers.map(({ attributes }) => attributes['url.path']).sort()).toEqual(
      ['0', ...IDS].map((id) => `/prices/${route}/${id}`),
    );
    for (const server of servers) {
      const { traceId } = server.spanContext();
      const inTrace = spans.filter((span) => span !== server && span.spanContext().traceId === traceId);
      const users = new Set(inTrace.map(({ attributes }) => attributes['user.id']));
      expect([inTrace.map(({ name }) => name).sort(), users]).toEqual([
        [...names].sort(),
        new Set([server.attributes['user.id']]),
      ]);
    }
  });
});
