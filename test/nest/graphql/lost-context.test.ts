import {
  Inject,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { map, Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { BaggageService, Span } from '../../../src/index.js';
import { SharedConnection } from '../../support/shared-connection.js';
import { ask, startGraphql } from './graphql-app.js';

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
  constructor(@Inject(BaggageService) private readonly baggage: BaggageService) {}

  @Span()
  format(value: string): string {
    return `${value} for ${this.baggage.get('user.id') ?? 'nobody'}`;
  }
}

@Injectable()
class FormattingInterceptor implements NestInterceptor {
  constructor(@Inject(Prices) private readonly prices: Prices) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<string> {
    return next.handle().pipe(map((value: string) => this.prices.format(value)));
  }
}

@Resolver()
class Shop {
  constructor(
    @Inject(Client) private readonly client: Client,
    @Inject(Prices) private readonly prices: Prices,
  ) {}

  @Query(() => String)
  piped(@Args('id') id: string): Observable<string> {
    return this.client.send(id).pipe(map((value) => this.prices.format(value)));
  }

  @UseInterceptors(FormattingInterceptor)
  @Query(() => String)
  intercepted(@Args('id') id: string): Observable<string> {
    return this.client.send(id);
  }
}

const USERS = ['alice', 'bob', 'carol'];

describe('operators behind a connection that GraphQL requests share', () => {
  it.each(['piped', 'intercepted'])('run in the context of their own request: %s', async (field) => {
    const app = await startGraphql({ providers: [Client, Prices, FormattingInterceptor, Shop] });
    const answers = await Promise.all(
      USERS.map((user) => ask(app, `{ ${field}(id: "of ${user}") }`, { 'x-user-id': user })),
    );
    await app.close();

    expect(answers.map(({ data }) => data[field])).toEqual(USERS.map((user) => `of ${user} for ${user}`));
    const spans = app.recorder.spans();
    const users = (name: string) =>
      spans.filter((span) => span.name === name).map(({ attributes }) => attributes['user.id']);
    expect(users('Prices.format').sort()).toEqual(USERS);
    for (const child of spans.filter(({ name }) => name === 'Prices.format')) {
      const parent = spans.find((span) => span.spanContext().spanId === child.parentSpanContext?.spanId);
      expect([parent?.name, parent?.attributes['user.id']]).toEqual([
        'POST /graphql',
        child.attributes['user.id'],
      ]);
    }
  });
});

describe('a method that is called through the external context with a request', () => {
  it('runs in the context of that request, whoever calls', async () => {
    const app = await startGraphql({ providers: [Client, Prices, FormattingInterceptor, Shop] });
    const prices = app.app.get(Prices);
    const creator = app.app.get(ExternalContextCreator);
    const format = creator.create(prices, prices.format as (...args: unknown[]) => unknown, 'format') as (
      ...args: unknown[]
    ) => Promise<unknown>;
    const kept: { request?: unknown } = {};
    app.app.getHttpServer().once('request', (request: unknown) => {
      kept.request = request;
    });
    await ask(app, '{ piped(id: "1") }', { 'x-user-id': 'alice' });

    expect(await format(kept.request)).toMatch(/ for alice$/);
    expect(await format('text')).toBe('text for nobody');
  });
});
