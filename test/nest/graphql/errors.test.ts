import {
  Injectable,
  type CanActivate,
  NotFoundException,
  ServiceUnavailableException,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { Mutation, Query, Resolver } from '@nestjs/graphql';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { MeterManager, Span, Traceable } from '../../../src/index.js';
import { pointsOf } from '../../metrics/support/memory-metrics.js';
import { exceptionEvent, serverSpan } from '../../support/expected-server-span.js';
import { HTTP1_SERVERS } from '../../support/server-kinds.js';
import { shapeOf, type SpanShape } from '../../support/span-shape.js';
import { ask, startGraphql } from './graphql-app.js';

const userAgent = { 'user_agent.original': 'node' };

describe.each(HTTP1_SERVERS)('errors of resolvers on $name', (server) => {
  const callersMistake = (type: string) => ({
    status: { code: 'UNSET' },
    attributes: { 'error.type': type },
    events: [],
  });
  const fault = (type: string, message: string, attributes = {}) => ({
    status: { code: 'ERROR', message },
    attributes: { 'error.type': type, ...attributes },
    events: [exceptionEvent(type, message)],
  });

  it.each<[string, () => unknown, string, Partial<SpanShape> | object]>([
    [
      'a client’s mistake',
      () => new NotFoundException('gone'),
      'INTERNAL_SERVER_ERROR',
      callersMistake('NotFoundException'),
    ],
    [
      'a denial',
      () => new UnauthorizedException(),
      'UNAUTHENTICATED',
      callersMistake('UnauthorizedException'),
    ],
    [
      'a client’s mistake as GraphQL says it',
      () => new GraphQLError('what?', { extensions: { code: 'BAD_USER_INPUT' } }),
      'BAD_USER_INPUT',
      callersMistake('GraphQLError'),
    ],
    [
      'a status of the answer',
      () => new GraphQLError('gone', { extensions: { code: 'ORDER_GONE', http: { status: 404 } } }),
      'ORDER_GONE',
      callersMistake('GraphQLError'),
    ],
    [
      'a service that is away',
      () => new ServiceUnavailableException('later'),
      'INTERNAL_SERVER_ERROR',
      fault('ServiceUnavailableException', 'later', { 'error.retryable': true }),
    ],
    ['a bug', () => new TypeError('oops'), 'INTERNAL_SERVER_ERROR', fault('TypeError', 'oops')],
    [
      'a bare GraphQLError',
      () => new GraphQLError('oops'),
      'INTERNAL_SERVER_ERROR',
      fault('GraphQLError', 'oops'),
    ],
  ])(
    '%s: the resolver’s span has it, once, the request’s its code, and the answer is 200',
    async (_what, makeError, code, expected) => {
      @Injectable()
      class Words {
        find(): Promise<string> {
          return Promise.reject(makeError());
        }
      }

      @Resolver()
      class FailingResolver {
        constructor(private readonly words: Words) {}

        @Query(() => String, { nullable: true })
        @Span()
        async word(): Promise<string> {
          return await this.words.find();
        }

        @Mutation(() => String, { nullable: true })
        @Span()
        change(): string {
          throw makeError();
        }
      }
      const app = await startGraphql({ server, providers: [FailingResolver, Words] });
      const answers = [await ask(app, '{ word }'), await ask(app, 'mutation { change }')];
      await app.close();
      expect(answers.map(({ status, errors }) => [status, errors?.[0]?.extensions.code])).toEqual([
        [200, code],
        [200, code],
      ]);
      const shapes = app.recorder.spans().map(shapeOf);
      const post = (type: string): unknown =>
        serverSpan(app, {
          method: 'POST',
          path: '/graphql',
          route: '/graphql',
          ...('status' in expected ? { status: expected.status } : {}),
          attributes: {
            ...userAgent,
            ...('attributes' in expected ? expected.attributes : {}),
            'graphql.operation.type': type,
            'graphql.error.code': code,
          },
        });
      const field = { kind: 'INTERNAL', parent: expect.any(String), links: [], scope: 'nestjs-telemetry' };
      expect(shapes).toEqual([
        { ...field, name: 'FailingResolver.word', ...expected },
        post('query'),
        { ...field, name: 'FailingResolver.change', ...expected },
        post('mutation'),
      ]);
    },
  );

  it('are an event where they started, and a status on the way', async () => {
    @Injectable()
    @Traceable()
    class Words {
      async find(): Promise<string> {
        throw new Error('no word');
      }
    }

    @Resolver()
    @Traceable()
    class FailingResolver {
      constructor(private readonly words: Words) {}

      @Query(() => String, { nullable: true })
      word(): Promise<string> {
        return this.words.find();
      }
    }
    const app = await startGraphql({ server, providers: [FailingResolver, Words] });
    // Both fields fail, each with an error of its own; the answer has both.
    const { errors } = await ask(app, '{ a: word b: word }');
    expect(errors?.map(({ message }) => message)).toEqual(['no word', 'no word']);
    await app.close();
    const told = app.recorder
      .spans()
      .map(({ name, status, events }) => [name, status.code, events.map((event) => event.name)]);
    expect(told.sort()).toEqual([
      ['FailingResolver.word', 2, []],
      ['FailingResolver.word', 2, []],
      ['POST /graphql', 2, []],
      ['Words.find', 2, ['exception']],
      ['Words.find', 2, ['exception']],
    ]);
  });

  it('are the request’s, too, where the app answers with their status', async () => {
    @Resolver()
    class FailingResolver {
      @Query(() => String, { nullable: true })
      @Span()
      word(): string {
        throw new GraphQLError('full', { extensions: { http: { status: 503 } } });
      }
    }
    const app = await startGraphql({
      server,
      providers: [FailingResolver],
      graphql: { preserveHttpStatusForExecutionErrors: false },
    });
    expect((await ask(app, '{ word }')).status).toBe(503);
    await app.close();
    const facts = { 'error.type': 'GraphQLError', 'error.retryable': true };
    expect(app.recorder.spans().map(shapeOf)).toEqual([
      expect.objectContaining({
        status: { code: 'ERROR', message: 'full' },
        attributes: facts,
        events: [exceptionEvent('GraphQLError', 'full')],
      }),
      serverSpan(app, {
        method: 'POST',
        path: '/graphql',
        route: '/graphql',
        code: 503,
        status: { code: 'ERROR' },
        attributes: {
          ...userAgent,
          ...facts,
          'graphql.operation.type': 'query',
          'graphql.error.code': 'INTERNAL_SERVER_ERROR',
        },
      }),
    ]);
  });

  it('are seen where a guard denies before any method runs, and metrics have the operation', async () => {
    @Injectable()
    class Nobody implements CanActivate {
      canActivate(): boolean {
        throw new UnauthorizedException('who are you?');
      }
    }

    @Resolver()
    class GuardedResolver {
      @Query(() => String, { nullable: true })
      @UseGuards(Nobody)
      secret(): string {
        return 'it';
      }
    }
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const app = await startGraphql({
      server,
      providers: [GuardedResolver, Nobody],
      telemetry: {
        metrics: { readers: exporter },
      },
    });
    const { errors } = await ask(app, 'query Secret { secret }');
    expect(errors?.map(({ message, extensions }) => [message, extensions.code])).toEqual([
      ['who are you?', 'UNAUTHENTICATED'],
    ]);
    await app.app.get(MeterManager).forceFlush();
    const operation = { 'graphql.operation.type': 'query', 'graphql.operation.name': 'Secret' };
    expect(app.recorder.spans().map(shapeOf)).toEqual([
      serverSpan(app, {
        method: 'POST',
        path: '/graphql',
        route: '/graphql',
        attributes: {
          ...userAgent,
          ...operation,
          'graphql.error.code': 'UNAUTHENTICATED',
          'error.type': 'UnauthorizedException',
        },
      }),
    ]);
    const points = pointsOf(exporter, 'http.server.request.duration');
    expect(points.map(({ attributes }) => attributes)).toEqual([expect.objectContaining(operation)]);
  });
});
