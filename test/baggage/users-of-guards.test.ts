import { Controller, Get, Inject, Injectable, Scope, UseGuards, type CanActivate } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Query, Resolver } from '@nestjs/graphql';
import { describe, expect, it } from 'vitest';
import { Baggage, BaggageService, Span, type TelemetryModuleOptions } from '../../src/index.js';
import { ask, startGraphql } from '../nest/graphql/graphql-app.js';
import { HTTP1_SERVERS } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';

/** Puts the user on the request, as Passport does. */
@Injectable()
class AuthGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await Promise.resolve();
    const request = context.getArgByIndex(0)?.headers
      ? context.getArgByIndex(0)
      : context.getArgByIndex(2).req;
    const name = request.headers.authorization;
    if (name !== undefined) request.user = { id: name, org: { id: `org-of-${name}` } };
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedAuthGuard extends AuthGuard {}

@Injectable()
class Orders {
  @Span()
  load(): void {}
}

class Routes {
  constructor(@Inject(Orders) readonly orders: Orders) {}

  show(user: string | undefined): { user: string } {
    this.orders.load();
    return { user: user ?? 'nobody' };
  }
}

@UseGuards(AuthGuard)
@Controller('by-class')
class ByClass extends Routes {
  @Get()
  find(@Baggage('user.id') user: string) {
    return this.show(user);
  }
}

@Controller('by-method')
class ByMethod extends Routes {
  @UseGuards(AuthGuard)
  @Get()
  find(@Baggage('user.id') user: string) {
    return this.show(user);
  }
}

@Controller('unguarded')
class Unguarded extends Routes {
  @Get()
  find(@Baggage('user.id') user: string) {
    return this.show(user);
  }
}

@UseGuards(AuthGuard)
@Controller('relabelled')
class Relabelled {
  constructor(@Inject(BaggageService) readonly baggage: BaggageService) {}

  @UseGuards(AuthGuard)
  @Get()
  find() {
    return { user: this.baggage.get('user.id') };
  }
}

const BAGGAGE: TelemetryModuleOptions['baggage'] = { user: { id: 'user.id', 'org.id': 'app.org' } };

describe.each(HTTP1_SERVERS)('the user that a guard of the controller itself tells, on $name', (server) => {
  it.each([
    ['by-class', []],
    ['by-method', []],
    ['unguarded', [{ provide: APP_GUARD, useClass: ScopedAuthGuard }]],
  ])('is in the baggage and on all spans that follow: %s', async (path, guards) => {
    const app = await startApp({
      server,
      controllers: [ByClass, ByMethod, Unguarded],
      providers: [Orders, ...guards],
      telemetry: { baggage: { ...BAGGAGE, attributes: ['app.org'] } },
    });

    const answer = await app.get(`/${path}`, { authorization: 'alice', 'x-user-id': 'mallory' });
    await app.close();

    expect(JSON.parse(answer.body)).toEqual({ user: 'alice' });
    expect(
      app.recorder
        .spans()
        .map(({ name, attributes }) => [name, attributes['user.id'], attributes['app.org']]),
    ).toEqual([
      ['Orders.load', 'alice', 'org-of-alice'],
      [`GET /${path}`, 'alice', 'org-of-alice'],
    ]);
  });

  it('is nobody where the guard tells none', async () => {
    const app = await startApp({ server, controllers: [ByClass], providers: [Orders] });
    const answer = await app.get('/by-class');
    expect(JSON.parse(answer.body)).toEqual({ user: 'nobody' });
  });

  it('is asked for more entries once per user', async () => {
    const asked: unknown[] = [];
    const app = await startApp({
      server,
      controllers: [Relabelled],
      telemetry: {
        baggage: {
          entries: async ({ user }) => {
            await Promise.resolve();
            asked.push((user as { id: string } | undefined)?.id);
            return {};
          },
        },
      },
    });
    await app.get('/relabelled', { authorization: 'alice' });
    // By the guard for everybody, behind the class's, and behind the method's, which made another user.
    expect(asked).toEqual([undefined, 'alice', 'alice']);
  });

  it('decides the tenant', async () => {
    const app = await startApp({
      server,
      controllers: [ByClass],
      providers: [Orders],
      telemetry: {
        tenants: {
          resolve: (request: { user?: { org: { id: string } } }) => request.user?.org.id,
          config: (key) => ({ resourceAttributes: { 'app.tenant': key } }),
        },
      },
    });
    await app.get('/by-class', { authorization: 'alice' });
    await app.close();
    expect(
      app.recorder.spans().map(({ name, resource }) => [name, resource.attributes['app.tenant']]),
    ).toEqual([
      ['Orders.load', 'org-of-alice'],
      ['GET /by-class', 'org-of-alice'],
    ]);
  });

  it('is left to the guard that the app places itself', async () => {
    const app = await startApp({
      server,
      controllers: [ByClass],
      providers: [Orders],
      telemetry: { baggage: { guard: false } },
    });
    const answer = await app.get('/by-class', { authorization: 'alice' });
    expect(JSON.parse(answer.body)).toEqual({ user: 'nobody' });
  });
});

@Resolver()
class Users {
  @UseGuards(AuthGuard)
  @Query(() => String)
  me(@Baggage('user.id') user: string): string {
    return user;
  }
}

describe('the user that a guard of a resolver tells', () => {
  it('is in the baggage', async () => {
    const app = await startGraphql({ providers: [Users] });
    expect(await ask(app, '{ me }', { authorization: 'alice' })).toEqual({
      status: 200,
      data: { me: 'alice' },
    });
  });
});
