import {
  Injectable,
  ParseIntPipe,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  ForbiddenException,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import {
  Args,
  Context,
  Field,
  GqlExecutionContext,
  ID,
  Info,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import type { Span as ApiSpan } from '@opentelemetry/api';
import DataLoader from 'dataloader';
import { concat, map, of, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  Baggage,
  CurrentSpan,
  NoSpan,
  Span,
  SpanAttribute,
  Traceable,
  TracerManager,
} from '../../../src/index.js';
import { serverSpan } from '../../support/expected-server-span.js';
import { HTTP1_SERVERS } from '../../support/server-kinds.js';
import { PLAIN_SPAN, shapeOf, type SpanShape } from '../../support/span-shape.js';
import { ask, sorted, startGraphql } from './graphql-app.js';

@ObjectType()
class Customer {
  @Field(() => ID) id!: string;
  @Field() name!: string;
}

@ObjectType()
class Order {
  @Field(() => ID) id!: string;
  @Field(() => [String]) items!: string[];
  @Field() customer!: Customer;
}

const order = (id: string): Order => ({ id, items: [], customer: { id: `c${id}`, name: '' } });
const leaf = (name: string) => ({ name, children: [] });

/** What spans of a resolver have if nothing says otherwise. */
const resolverSpan = (
  parent: string,
  expected: Partial<SpanShape> & { readonly name: string },
): SpanShape => ({
  ...PLAIN_SPAN,
  parent,
  ...expected,
});

@Traceable()
@Injectable()
class Stock {
  async itemsOf(id: string): Promise<string[]> {
    return this.isKnown(id) ? ['tea'] : [];
  }

  @NoSpan()
  isKnown(id: string): boolean {
    return id !== '';
  }
}

describe.each(HTTP1_SERVERS)('resolvers on $name', (server) => {
  it('have spans under the server span, with attributes from arguments, results, baggage and by hand', async () => {
    @Resolver(() => Order)
    class OrdersResolver {
      constructor(private readonly stock: Stock) {}

      @Span({ onResult: ({ customer }: Order) => ({ attributes: { 'customer.id': customer.id } }) })
      @Query(() => Order)
      async order(
        @SpanAttribute('order.id') @Args('id', { type: () => Int }, ParseIntPipe) id: number,
        @CurrentSpan() span: ApiSpan,
        @Baggage('user.id') user: string,
      ): Promise<Order> {
        span.setAttribute('asked.for', user);
        return order(String(id));
      }

      @ResolveField()
      @Span('items of an order')
      items(@SpanAttribute('order.id', 'id') @Parent() parent: Order): Promise<string[]> {
        return this.stock.itemsOf(parent.id);
      }

      @Mutation(() => Order, { name: 'placeOrder' })
      @Span()
      place(@Args('items', { type: () => [String] }) items: string[]): Order {
        return Object.assign(order('8'), { items });
      }
    }
    const app = await startGraphql({ server, providers: [OrdersResolver, Stock] });
    const headers = { 'x-user-id': 'ada' };
    expect(await ask(app, '{ order(id: 7) { id items } }', headers)).toEqual({
      status: 200,
      data: { order: { id: '7', items: ['tea'] } },
    });
    expect((await ask(app, 'mutation { placeOrder(items: ["mug"]) { id items } }')).data).toEqual({
      placeOrder: { id: '8', items: ['tea'] },
    });
    await app.close();
    const [query, mutation] = app.recorder.spans().filter(({ name }) => name === 'POST /graphql');
    const ids = [query, mutation].map((span) => span!.spanContext().spanId) as [string, string];
    const user = { 'user.id': 'ada' };
    const items = app.recorder.spans().filter(({ name }) => name === 'items of an order');
    expect(app.recorder.spans().map(shapeOf)).toEqual([
      resolverSpan(ids[0], {
        name: 'OrdersResolver.order',
        attributes: { 'order.id': 7, 'customer.id': 'c7', ...user },
      }),
      resolverSpan(items[0]!.spanContext().spanId, { name: 'Stock.itemsOf', attributes: user }),
      resolverSpan(ids[0], { name: 'items of an order', attributes: { 'order.id': '7', ...user } }),
      serverSpan(app, {
        method: 'POST',
        path: '/graphql',
        route: '/graphql',
        attributes: {
          'user_agent.original': 'node',
          'asked.for': 'ada',
          'graphql.operation.type': 'query',
          ...user,
        },
      }),
      resolverSpan(ids[1], { name: 'OrdersResolver.place' }),
      resolverSpan(items[1]!.spanContext().spanId, { name: 'Stock.itemsOf' }),
      resolverSpan(ids[1], { name: 'items of an order', attributes: { 'order.id': '8' } }),
      serverSpan(app, {
        method: 'POST',
        path: '/graphql',
        route: '/graphql',
        attributes: { 'user_agent.original': 'node', 'graphql.operation.type': 'mutation' },
      }),
    ]);
  });

  it('that run at the same time keep what they call to themselves', async () => {
    const fields = ['a', 'b', 'c', 'd'];
    let arrived = 0;
    let open!: () => void;
    const all = new Promise<void>((resolve) => (open = resolve));

    @Resolver()
    class GateResolver {
      constructor(private readonly tracing: TracerManager) {}

      @Query(() => String)
      @Span((name: string) => ({ attributes: { name } }))
      async wait(@Args('name') name: string): Promise<string> {
        arrived += 1;
        if (arrived === fields.length) open();
        await all;
        return this.tracing.withSpan(`inside ${name}`, async () => name);
      }
    }
    const app = await startGraphql({ server, providers: [GateResolver] });
    const { data } = await ask(
      app,
      `{ ${fields.map((name) => `${name}: wait(name: "${name}")`).join(' ')} }`,
    );
    expect(data).toEqual({ a: 'a', b: 'b', c: 'c', d: 'd' });
    await app.close();
    const { spanId } = app.recorder.span('POST /graphql').spanContext();
    const waits = app.recorder.spans().filter(({ name }) => name === 'GateResolver.wait');
    expect(waits.map((span) => shapeOf(span).parent)).toEqual(fields.map(() => spanId));
    for (const wait of waits) {
      const inside = app.recorder.span(`inside ${String(wait.attributes.name)}`);
      expect(inside.parentSpanContext).toEqual(wait.spanContext());
    }
    expect(waits.map(({ attributes }) => attributes.name).sort()).toEqual(fields);
  });

  it('of a request share a batch, which belongs to the first that asked', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class CustomersOfRequest {
      readonly loader = new DataLoader((ids: readonly string[]) => this.load(ids));

      @Span((ids: string[]) => ({ attributes: { 'batch.ids': ids } }))
      private async load(ids: readonly string[]): Promise<Customer[]> {
        return ids.map((id) => ({ id, name: `customer ${id}` }));
      }
    }

    @Resolver(() => Order)
    class OrdersResolver {
      constructor(private readonly customers: CustomersOfRequest) {}

      @Query(() => [Order])
      @Span()
      orders(): Order[] {
        return ['1', '2', '3'].map(order);
      }

      @ResolveField(() => Customer)
      @Span()
      customer(@Parent() { id }: Order): Promise<Customer> {
        return this.customers.loader.load(`c${id}`);
      }
    }
    const app = await startGraphql({ server, providers: [OrdersResolver, CustomersOfRequest] });
    for (let request = 0; request < 2; request += 1) {
      const { data } = await ask(app, '{ orders { customer { name } } }');
      expect(data.orders.map(({ customer }: Order) => customer.name)).toEqual([
        'customer c1',
        'customer c2',
        'customer c3',
      ]);
    }
    await app.close();
    const field = 'OrdersResolver.customer';
    const request = {
      name: 'POST /graphql',
      children: [
        leaf('OrdersResolver.orders'),
        { name: field, children: [leaf('CustomersOfRequest.load')] },
        leaf(field),
        leaf(field),
      ],
    };
    expect(app.recorder.tree()).toEqual([request, request]);
    expect(app.recorder.span('CustomersOfRequest.load').attributes).toEqual({
      'batch.ids': ['c1', 'c2', 'c3'],
    });
  });

  it('that are made for each request, and whole traceable classes of them, know their instance', async () => {
    let made = 0;

    @Traceable({ exclude: ['plain'] })
    @Injectable({ scope: Scope.REQUEST })
    @Resolver()
    class ScopedResolver {
      readonly number = (made += 1);

      @Query(() => Int)
      first(): number {
        return this.number;
      }

      @Query(() => Int)
      async second(): Promise<number> {
        return this.number;
      }

      @Query(() => Int)
      plain(): number {
        return this.number;
      }

      @NoSpan()
      @Query(() => Int)
      untraced(): number {
        return this.number;
      }
    }
    const app = await startGraphql({ server, providers: [ScopedResolver] });
    const [first, second] = [
      await ask(app, '{ first second plain untraced }'),
      await ask(app, '{ untraced }'),
    ];
    const number: number = first.data.first;
    expect(first.data).toEqual({ first: number, second: number, plain: number, untraced: number });
    expect(second.data.untraced).toBeGreaterThan(number);
    await app.close();
    expect(app.recorder.tree().map(({ name, children }) => ({ name, children: sorted(children) }))).toEqual([
      { name: 'POST /graphql', children: [leaf('ScopedResolver.first'), leaf('ScopedResolver.second')] },
      // A request belongs to all of its resolvers: none of them can leave it out.
      leaf('POST /graphql'),
    ]);
  });

  it('end their spans with what they return: values, promises, Observables', async () => {
    @Resolver()
    class ResultsResolver {
      @Query(() => Int)
      @Span({ onResult: (value: number) => ({ attributes: { value } }) })
      value(): number {
        return 1;
      }

      @Query(() => Int)
      @Span({ onResult: (value: number) => ({ attributes: { value } }) })
      promise(): Promise<number> {
        return Promise.resolve(2);
      }

      @Query(() => Int)
      @Span()
      observable(): Observable<number> {
        return concat(of(1), Promise.resolve(3));
      }

      @Query(() => Int)
      @Span()
      promised(): Promise<Observable<number>> {
        return Promise.resolve(of(4));
      }

      @Query(() => Int, { nullable: true })
      @Span()
      nothing(): void {}
    }
    const app = await startGraphql({ server, providers: [ResultsResolver] });
    expect(await ask(app, '{ value promise observable promised nothing }')).toEqual({
      status: 200,
      data: { value: 1, promise: 2, observable: 3, promised: 4, nothing: null },
    });
    await app.close();
    const parent = app.recorder.span('POST /graphql').spanContext().spanId;
    expect(
      ['value', 'promise', 'observable', 'promised', 'nothing'].map((name) =>
        shapeOf(app.recorder.span(`ResultsResolver.${name}`)),
      ),
    ).toEqual([
      resolverSpan(parent, { name: 'ResultsResolver.value', attributes: { value: 1 } }),
      resolverSpan(parent, { name: 'ResultsResolver.promise', attributes: { value: 2 } }),
      ...['observable', 'promised', 'nothing'].map((name) =>
        resolverSpan(parent, { name: `ResultsResolver.${name}` }),
      ),
    ]);
    // The request lasts as long as its longest resolver.
    expect(app.recorder.spans().at(-1)?.name).toBe('POST /graphql');
  });

  it('have guards, interceptors, pipes and filters around them, on fields, too', async () => {
    const seen: string[] = [];

    @Injectable()
    class KeyGuard implements CanActivate {
      @Span('guard')
      canActivate(context: ExecutionContext): boolean {
        const { req } = GqlExecutionContext.create(context).getContext<{ req: { headers: object } }>();
        return 'x-key' in req.headers;
      }
    }

    @Injectable()
    class UpperCase implements NestInterceptor {
      @Span('interceptor')
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        seen.push(`${context.getType<string>()} ${context.getHandler().name}`);
        return next.handle().pipe(map((value: string) => value.toUpperCase()));
      }
    }

    @Injectable()
    class Apology implements ExceptionFilter {
      @Span('filter')
      catch(exception: Error, _host: ArgumentsHost): Error {
        return new ForbiddenException(`sorry: ${exception.message}`);
      }
    }

    @ObjectType()
    class Note {
      @Field() text!: string;
    }

    @Resolver(() => Note)
    @UseGuards(KeyGuard)
    @UseFilters(Apology)
    class NotesResolver {
      @Query(() => Note)
      @Span()
      note(@Args('id', { type: () => ID }, ParseIntPipe) _id: number): Note {
        return { text: '' };
      }

      @Span()
      @UseInterceptors(UpperCase)
      @ResolveField()
      text(): string {
        return 'tea';
      }
    }
    const app = await startGraphql({
      server,
      providers: [NotesResolver, KeyGuard, UpperCase, Apology],
      graphql: { fieldResolverEnhancers: ['guards', 'interceptors', 'filters'] },
    });
    const key = { 'x-key': '1' };
    expect((await ask(app, '{ note(id: 1) { text } }', key)).data).toEqual({ note: { text: 'TEA' } });
    await app.recorder.waitFor('POST /graphql');
    // An interceptor's Observable is over with the field: what it waits for happens in its span.
    expect(app.recorder.tree()).toEqual([
      {
        name: 'POST /graphql',
        children: [
          leaf('guard'),
          leaf('NotesResolver.note'),
          leaf('guard'),
          { name: 'interceptor', children: [leaf('NotesResolver.text')] },
        ],
      },
    ]);
    expect(seen).toEqual(['graphql text']);
    app.recorder.clear();
    for (const headers of [{}, key]) {
      const { status, errors } = await ask(app, '{ note(id: "many") { text } }', headers);
      expect([status, errors?.map(({ extensions }) => extensions.code)]).toEqual([200, ['FORBIDDEN']]);
    }
    await app.close();
    const denied = { name: 'POST /graphql', children: [leaf('guard'), leaf('filter')] };
    expect(app.recorder.tree()).toEqual([denied, denied]);
  });

  it('may take the whole context and info: recorded arguments stay small and without credentials', async () => {
    @Resolver()
    class CuriousResolver {
      @Query(() => String)
      @Span({ includeInputOutput: true })
      look(@Args('word') word: string, @Context() _context: unknown, @Info() _info: unknown): string {
        return word;
      }
    }
    const app = await startGraphql({ server, providers: [CuriousResolver] });
    await ask(app, '{ look(word: "tea") }', { authorization: 'Bearer canary' });
    await app.close();
    const { attributes } = app.recorder.span('CuriousResolver.look');
    expect(attributes['output.value']).toBe('tea');
    expect(String(attributes['input.value'])).toMatch(/"word":"tea"/);
    expect(String(attributes['input.value']).length).toBeLessThanOrEqual(8192);
    expect(JSON.stringify(attributes)).not.toContain('canary');
  });
});
