import { Injectable, Module, UnauthorizedException, UseGuards, type CanActivate } from '@nestjs/common';
import { Args, Query, Resolver, Subscription } from '@nestjs/graphql';
import { createClient } from 'graphql-ws';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Span, TelemetryModule, type TelemetryModuleOptions } from '../../../src/index.js';
import { SpanRecorder } from '../../../src/testing/index.js';
import { HTTP1_SERVERS, type ServerKind } from '../../support/server-kinds.js';
import { ask, startGraphql, type Answer } from './graphql-app.js';

@Injectable()
class Nobody implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException('who are you?');
  }
}

@Resolver()
class StockResolver {
  @Query(() => String)
  @Span('look')
  item(): string {
    return 'bolt';
  }

  @Query(() => String, { nullable: true })
  @UseGuards(Nobody)
  secret(): string {
    return 'it';
  }

  @Subscription(() => String)
  async *counted(@Args('until') until: number): AsyncGenerator<{ counted: string }> {
    for (let item = 1; item <= until; item += 1) yield { counted: await this.step(item) };
  }

  @Span('step')
  step(item: number): Promise<string> {
    return Promise.resolve(String(item));
  }
}

interface Outcome {
  readonly answers: readonly Answer[];
  readonly events: readonly unknown[];
  readonly spans: SpanRecorder;
}

/** Asks one query, one that a guard denies, and subscribes to two events. */
async function run(
  server: ServerKind,
  telemetry: TelemetryModuleOptions | false,
  near?: SpanRecorder,
): Promise<Outcome> {
  class StockModule {}
  const instance = TelemetryModule.forRoot({ service: { name: 'near' }, exporter: near ?? { type: 'none' } });
  Module({ imports: near === undefined ? [] : [instance], providers: [StockResolver, Nobody] })(StockModule);
  const app = await startGraphql({
    server,
    telemetry,
    imports: [StockModule],
    graphql: { subscriptions: { 'graphql-ws': true } },
  });
  const answers = [await ask(app, 'query Item { item }'), await ask(app, 'query Secret { secret }')];
  const client = createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const events: unknown[] = [];
  for await (const { data } of client.iterate({ query: 'subscription Two { counted(until: 2) }' }))
    events.push(data);
  await client.dispose();
  await app.close();
  return {
    answers: answers.map(({ status, data, errors }) => plain(status, data, errors)),
    events,
    spans: app.recorder,
  };
}

/** Without stack traces, whose lines differ. */
function plain(status: number, data: unknown, errors: Answer['errors']): Answer {
  const shown = errors?.map(({ message, extensions: { code } }) => ({ message, extensions: { code } }));
  return { status, data, ...(shown === undefined ? {} : { errors: shown }) };
}

const summary = (spans: SpanRecorder): unknown =>
  spans.spans().map(({ name, attributes }) => {
    const operation = attributes['graphql.operation.type'];
    const code = attributes['graphql.error.code'];
    return [name, ...(operation === undefined ? [] : [operation]), ...(code === undefined ? [] : [code])];
  });

const ALL = [
  ['look'],
  ['POST /graphql', 'query'],
  ['POST /graphql', 'query', 'UNAUTHENTICATED'],
  ['step'],
  ['step'],
  ['subscription counted', 'subscription'],
];
const WITHOUT_SUBSCRIPTION = ALL.slice(0, 3);
const PLAIN_REQUESTS = [['look'], ['POST /graphql'], ['POST /graphql']];

describe.each(HTTP1_SERVERS)('GraphQL operations on $name', (server) => {
  it.each<[string, TelemetryModuleOptions, readonly unknown[]]>([
    ['on', {}, ALL],
    ['on, by word', { entries: { graphql: true } }, ALL],
    ['included', { entries: { graphql: { include: ['count*'] } } }, ALL],
    ['excluded', { entries: { graphql: { exclude: ['counted'] } } }, WITHOUT_SUBSCRIPTION],
    ['not included', { entries: { graphql: { include: ['other'] } } }, WITHOUT_SUBSCRIPTION],
    ['sampled out', { sampler: 0 }, []],
    ['disabled', { enabled: false }, []],
  ])('that are %s are answered alike, and have their spans or none', async (_choice, telemetry, expected) => {
    const bare = await run(server, false);
    const { answers, events, spans } = await run(server, telemetry);
    expect([answers, events]).toEqual([bare.answers, bare.events]);
    expect(summary(spans)).toEqual(expected);
  });

  it.each<[string, TelemetryModuleOptions]>([
    ['off', { entries: { graphql: false } }],
    ['off with all entries', { entries: false }],
  ])('that are %s are plain requests', async (_choice, telemetry) => {
    const { spans } = await run(server, telemetry);
    const names = summary(spans) as readonly (readonly string[])[];
    expect(names.filter(([name]) => name !== 'step')).toEqual(PLAIN_REQUESTS);
  });

  it('belong to the nearer of two instances', async () => {
    const near = new SpanRecorder();
    const { spans } = await run(server, {}, near);
    await vi.waitFor(() => expect(near.spans()).toHaveLength(ALL.length));
    expect([summary(near), summary(spans)]).toEqual([ALL, []]);
  });
});
