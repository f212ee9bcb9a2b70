import {
  Controller,
  ForbiddenException,
  Get,
  Inject,
  Injectable,
  Scope,
  Sse,
  createParamDecorator,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type CallHandler,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../support/collect-garbage.js';
import { serverSpan } from '../support/expected-server-span.js';
import { EXPRESS, FASTIFY } from '../support/server-kinds.js';
import { shapeOf } from '../support/span-shape.js';
import { startApp } from '../support/test-app.js';

/** What permission and audit libraries keep by method. */
const allowed = new Map<unknown, string>();
const Allow: MethodDecorator = (_target, key, descriptor) => {
  allowed.set(descriptor.value, String(key));
};
const found: (string | undefined)[] = [];

@Injectable()
class AllowGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    found.push(allowed.get(context.getHandler()));
    if (found.at(-1) === undefined) throw new ForbiddenException();
    return true;
  }
}

@Injectable()
class AllowInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    found.push(allowed.get(context.getHandler()));
    return next.handle();
  }
}

const Allowed = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  found.push(allowed.get(context.getHandler()));
});

@Controller('news')
class NewsController {
  @Get()
  @Allow
  list(@Allowed() _allowed: unknown) {
    return 'list';
  }

  @Sse('feed')
  @Allow
  feed(@Allowed() _allowed: unknown) {
    return of({ data: 'news' });
  }
}

const functions: WeakRef<() => unknown>[] = [];

@Controller({ path: 'bound', scope: Scope.REQUEST })
class BoundController {
  constructor(@Inject(REQUEST) private readonly request: { readonly url: string }) {
    this.read = this.read.bind(this);
    functions.push(new WeakRef(this.read));
  }

  @Get()
  read() {
    return this.request.url;
  }
}

describe.each([EXPRESS, FASTIFY])('handlers on $name', (server) => {
  it('are the methods of the class for guards, interceptors and parameters', async () => {
    const app = await startApp({
      server,
      controllers: [NewsController],
      providers: [
        { provide: APP_GUARD, useClass: AllowGuard },
        { provide: APP_INTERCEPTOR, useClass: AllowInterceptor },
      ],
    });
    found.length = 0;
    expect([(await app.get('/news')).status, (await app.get('/news/feed')).status]).toEqual([200, 200]);
    expect(found).toEqual(['list', 'list', 'list', 'feed', 'feed', 'feed']);
  });

  it('that each object binds are named after the method, and are not kept', async () => {
    const app = await startApp({ server, controllers: [BoundController] });
    for (let n = 0; n < 20; n += 1) await app.get('/bound');
    const last = app.recorder.spans().at(-1)!;
    expect(shapeOf(last)).toEqual(
      serverSpan(app, { path: '/bound', route: '/bound', handler: 'BoundController.read' }),
    );
    await expect
      .poll(() => {
        collectGarbage();
        return functions.filter((made) => made.deref() !== undefined).length;
      })
      .toBeLessThan(5);
  });
});
