import { EventEmitter, on } from 'node:events';
import { Injectable } from '@nestjs/common';
import {
  Args,
  Field,
  ID,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { createClient, type Client } from 'graphql-ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { Span, SpanAttribute, TracerManager } from '../../../src/index.js';
import { exceptionEvent } from '../../support/expected-server-span.js';
import { HTTP1_SERVERS, type ServerKind } from '../../support/server-kinds.js';
import { PLAIN_SPAN, shapeOf, type SpanShape } from '../../support/span-shape.js';
import type { TestApp } from '../../support/test-app.js';
import { ask, startGraphql } from './graphql-app.js';

@ObjectType()
class Price {
  @Field(() => ID) item!: string;
  @Field() text!: string;
}

/**
 * Where prices are published; an iteration is `on` of Node, which tells nobody that it has ended but by
 * taking its listener away.
 */
@Injectable()
class Prices {
  readonly events = new EventEmitter();

  get listeners(): number {
    return this.events.listenerCount('price');
  }

  publish(item: string): void {
    this.events.emit('price', { changed: { item, text: '' } });
  }
}

@Resolver(() => Price)
class PricesResolver {
  constructor(
    private readonly prices: Prices,
    private readonly tracing: TracerManager,
  ) {}

  @Query(() => String)
  ready(): string {
    return 'yes';
  }

  @Span()
  @Subscription(() => Price, {
    filter: ([{ changed }]: [{ changed: Price }], { item }: { item: string }) =>
      changed.item.startsWith(item),
    resolve: ([{ changed }]: [{ changed: Price }]) => changed,
  })
  changed(@SpanAttribute('item') @Args('item', { type: () => ID }) _item: string): AsyncIterable<unknown> {
    return on(this.prices.events, 'price');
  }

  @Subscription(() => Price)
  @Span()
  async *counted(@Args('until') until: number): AsyncGenerator<{ counted: Price }> {
    for (let item = 1; item <= until; item += 1) {
      yield this.tracing.withSpan(`step ${item}`, () => ({ counted: { item: String(item), text: '' } }));
    }
    if (until === 0) throw new Error('nothing to count');
  }

  @ResolveField()
  @Span()
  text(@Parent() { item }: Price): string {
    return `price of ${item}`;
  }
}

const CHANGED = 'subscription { changed(item: "a") { item text } }';
const leaf = (name: string) => ({ name, children: [] });

function start(server: ServerKind): Promise<TestApp> {
  return startGraphql({
    server,
    providers: [PricesResolver, Prices],
    graphql: {
      subscriptions: { 'graphql-ws': true },
      // As apps do whose guards look at the handshake.
      context: ({ req, extra }: { req?: object; extra?: { request: object } }) => ({
        req: req ?? extra?.request,
      }),
    },
    // A browser gives the handshake no headers.
    telemetry: { baggage: { required: ['x-user-id'] } },
  });
}

/** A real client, whose socket the test can cut. */
function connect(app: TestApp): { client: Client; cut: () => void } {
  const sockets: WebSocket[] = [];
  class Socket extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const client = createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: Socket,
    retryAttempts: 0,
  });
  onTestFinished(() => client.dispose());
  return { client, cut: () => sockets.forEach((socket) => socket.terminate()) };
}

/** The span of a subscription, above the method's. */
const entry = (field: string): SpanShape => ({
  ...PLAIN_SPAN,
  name: `subscription ${field}`,
  kind: 'SERVER',
  attributes: { 'code.function.name': `PricesResolver.${field}`, 'graphql.operation.type': 'subscription' },
});

const below = (field: string, children: object[] = []) => ({
  name: `subscription ${field}`,
  children: [{ name: `PricesResolver.${field}`, children }],
});

const subscription = (expected: Partial<SpanShape> & { readonly name: string }): SpanShape => ({
  ...PLAIN_SPAN,
  ...expected,
});

describe.each(HTTP1_SERVERS)('subscriptions on $name', (server) => {
  it('have a span until the client unsubscribes, that shows while they run', async () => {
    const app = await start(server);
    const prices = app.app.get(Prices);
    const { client } = connect(app);
    const results = client.iterate({ query: CHANGED });
    const first = results.next();
    await expect.poll(() => prices.listeners).toBe(1);
    for (const item of ['b1', 'a1', 'b2', 'a2']) prices.publish(item);
    expect([(await first).value, (await results.next()).value]).toEqual([
      { data: { changed: { item: 'a1', text: 'price of a1' } } },
      { data: { changed: { item: 'a2', text: 'price of a2' } } },
    ]);
    expect(app.app.get(TracerManager).status().spans.live).toBe(2);
    await results.return?.();
    const span = await app.recorder.waitFor('subscription changed');
    expect(shapeOf(span)).toEqual(entry('changed'));
    // The method has given its iterator before the first event: what the fields do is beside it.
    const [text, , method] = app.recorder.spans();
    expect(shapeOf(method!)).toEqual(
      subscription({
        name: 'PricesResolver.changed',
        parent: span.spanContext().spanId,
        attributes: { item: 'a' },
      }),
    );
    expect(text?.parentSpanContext?.spanId).toBe(span.spanContext().spanId);
    expect(app.recorder.tree()).toEqual([
      {
        name: 'subscription changed',
        children: ['changed', 'text', 'text'].map((name) => leaf(`PricesResolver.${name}`)),
      },
    ]);
    expect(prices.listeners).toBe(0);
    expect(app.app.get(TracerManager).status().spans.live).toBe(0);
  });

  it('end with a client whose socket is cut, each on its own', async () => {
    const app = await start(server);
    const prices = app.app.get(Prices);
    const [leaving, staying] = [connect(app), connect(app)];
    const lost = leaving.client.iterate({ query: CHANGED }).next();
    const kept = staying.client.iterate({ query: CHANGED }).next();
    await expect.poll(() => prices.listeners).toBe(2);
    leaving.cut();
    await expect(lost).rejects.toMatchObject({ code: 1006 });
    await app.recorder.waitFor('subscription changed');
    expect([prices.listeners, app.recorder.tree()]).toEqual([1, [below('changed')]]);
    prices.publish('a1');
    expect((await kept).value).toEqual({ data: { changed: { item: 'a1', text: 'price of a1' } } });
  });

  it('end with the app', async () => {
    const app = await start(server);
    const prices = app.app.get(Prices);
    const waiting = connect(app).client.iterate({ query: CHANGED }).next();
    await expect.poll(() => prices.listeners).toBe(1);
    await Promise.all([app.close(), waiting.catch(() => 'closed')]);
    expect([prices.listeners, app.recorder.tree()]).toEqual([0, [below('changed')]]);
  });

  it('have what a generator does in their span, which ends with it or its error', async () => {
    const app = await start(server);
    const { client } = connect(app);
    const items: unknown[] = [];
    for await (const { data } of client.iterate({ query: 'subscription { counted(until: 2) { item } }' })) {
      items.push(data);
    }
    expect(items).toEqual([{ counted: { item: '1' } }, { counted: { item: '2' } }]);
    expect(app.recorder.tree()).toEqual([below('counted', [leaf('step 1'), leaf('step 2')])]);
    app.recorder.clear();
    await expect(
      client.iterate({ query: 'subscription { counted(until: 0) { item } }' }).next(),
    ).rejects.toBeDefined();
    expect(app.recorder.spans().map(shapeOf)).toEqual([
      subscription({
        name: 'PricesResolver.counted',
        status: { code: 'ERROR', message: 'nothing to count' },
        parent: expect.any(String),
        attributes: { 'error.type': 'Error' },
        events: [exceptionEvent('Error', 'nothing to count')],
      }),
      {
        ...entry('counted'),
        status: { code: 'ERROR', message: 'nothing to count' },
        attributes: { ...entry('counted').attributes, 'error.type': 'Error' },
      },
    ]);
  });

  it('do not see the request of who publishes', async () => {
    const app = await start(server);
    const prices = app.app.get(Prices);
    const { client } = connect(app);
    const next = client.iterate({ query: CHANGED }).next();
    await expect.poll(() => prices.listeners).toBe(1);
    app.app.get(TracerManager).withSpan('publisher', () => prices.publish('a1'));
    await next;
    expect((await ask(app, '{ ready }', { 'x-user-id': 'ada' })).data).toEqual({ ready: 'yes' });
    await app.recorder.waitFor('POST /graphql');
    expect(app.recorder.tree()).toEqual([
      leaf('publisher'),
      leaf('PricesResolver.text'),
      leaf('POST /graphql'),
    ]);
  });
});
