import {
  BadGatewayException,
  Catch,
  ConflictException,
  Controller,
  Get,
  HttpException,
  Injectable,
  Param,
  ParseIntPipe,
  Res,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ArgumentsHost,
  type CanActivate,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { map } from 'rxjs';
import { exceptionEvent } from '../../support/expected-server-span.js';
import { describeServerSpans } from './cases.js';

class StockError extends Error {
  override name = 'StockError';
}

@Injectable()
class DenyingGuard implements CanActivate {
  canActivate() {
    return false;
  }
}

@Injectable()
class FailingGuard implements CanActivate {
  canActivate(): boolean {
    throw new StockError('guard failed');
  }
}

class FailingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(
      map(() => {
        throw new StockError('interceptor failed');
      }),
    );
  }
}

/** Answers with the status that the route asks for, whatever was thrown. */
class Answering implements ExceptionFilter {
  constructor(private readonly status: number) {}

  catch(_exception: unknown, host: ArgumentsHost) {
    const response = host.switchToHttp().getResponse();
    response.status(this.status).send('filtered');
  }
}

@Catch(StockError)
class StockFilter extends Answering {
  constructor() {
    super(503);
  }
}

@Catch()
class CatchAllFilter extends Answering {
  constructor() {
    super(500);
  }
}

@Catch()
class TeapotFilter extends Answering {
  constructor() {
    super(418);
  }
}

@Controller('stock')
class StockController {
  @Get('plain-error')
  plainError() {
    throw new StockError('no stock');
  }

  @Get('late-error')
  async lateError() {
    await Promise.resolve();
    throw new StockError('no stock');
  }

  @Get('text')
  text() {
    throw 'just text';
  }

  @Get('by-hand')
  byHand(@Res() response: { status(code: number): { send(body: string): void } }) {
    response.status(503).send('closed for stocktaking');
  }

  @Get('conflict')
  conflict() {
    throw new ConflictException('already sold');
  }

  @Get('bad-gateway')
  badGateway() {
    throw new BadGatewayException('warehouse is down');
  }

  @Get('status')
  status() {
    throw new HttpException('slow down', 429);
  }

  @Get('guarded')
  @UseGuards(DenyingGuard)
  guarded() {}

  @Get('failing-guard')
  @UseGuards(FailingGuard)
  failingGuard() {}

  @Get('failing-interceptor')
  @UseInterceptors(new FailingInterceptor())
  failingInterceptor() {
    return 1;
  }

  @Get('items/:id')
  item(@Param('id', ParseIntPipe) id: number) {
    return id;
  }

  @Get('filtered')
  @UseFilters(StockFilter)
  filtered() {
    throw new StockError('no stock');
  }

  @Get('caught')
  @UseFilters(CatchAllFilter)
  caught() {
    throw new StockError('no stock');
  }

  @Get('teapot')
  @UseFilters(TeapotFilter)
  teapot() {
    throw new StockError('no stock');
  }
}

@Controller('shelf')
@UseFilters(new StockFilter())
class ShelfController {
  @Get()
  read() {
    throw new StockError('shelf is empty');
  }
}

@Controller('locked')
@UseGuards(DenyingGuard)
class LockedController {
  @Get()
  read() {}
}

const stock = { controllers: [StockController] };

function route(path: string, handler: string) {
  return { path: `/stock/${path}`, route: `/stock/${path}`, handler: `StockController.${handler}` };
}

function fault(type: string, message: string) {
  return {
    status: { code: 'ERROR' as const },
    attributes: { 'error.type': type },
    events: [exceptionEvent(type, message)],
  };
}

describeServerSpans([
  {
    title: 'records a thrown error once',
    app: stock,
    request: { path: '/stock/plain-error' },
    span: { ...route('plain-error', 'plainError'), code: 500, ...fault('StockError', 'no stock') },
  },
  {
    title: 'records a rejected handler once',
    app: stock,
    request: { path: '/stock/late-error' },
    span: { ...route('late-error', 'lateError'), code: 500, ...fault('StockError', 'no stock') },
  },
  {
    title: 'records something thrown that is no error',
    app: stock,
    request: { path: '/stock/text' },
    span: {
      ...route('text', 'text'),
      code: 500,
      status: { code: 'ERROR' },
      attributes: { 'error.type': 'string' },
      events: [
        { name: 'exception', attributes: { 'exception.type': 'string', 'exception.message': 'just text' } },
      ],
    },
  },
  {
    title: 'marks a 5xx that nothing was thrown for',
    app: stock,
    request: { path: '/stock/by-hand' },
    span: {
      ...route('by-hand', 'byHand'),
      code: 503,
      status: { code: 'ERROR' },
      attributes: { 'error.type': '503' },
    },
  },
  {
    title: 'leaves the status unset for an exception that tells the client of its mistake',
    app: stock,
    request: { path: '/stock/conflict' },
    span: { ...route('conflict', 'conflict'), code: 409 },
  },
  {
    title: 'leaves the status unset for a bare HttpException below 500',
    app: stock,
    request: { path: '/stock/status' },
    span: { ...route('status', 'status'), code: 429 },
  },
  {
    title: 'records an HttpException of 500 and more as a fault',
    app: stock,
    request: { path: '/stock/bad-gateway' },
    span: {
      ...route('bad-gateway', 'badGateway'),
      code: 502,
      ...fault('BadGatewayException', 'warehouse is down'),
      attributes: { 'error.type': 'BadGatewayException', 'error.retryable': true },
    },
  },
  {
    title: 'traces what a guard of the route denies',
    app: stock,
    request: { path: '/stock/guarded' },
    span: { ...route('guarded', 'guarded'), code: 403 },
  },
  {
    title: 'traces what a guard of the class denies',
    app: { controllers: [LockedController] },
    request: { path: '/locked' },
    span: { path: '/locked', route: '/locked', handler: 'LockedController.read', code: 403 },
  },
  {
    title: 'traces what a guard of main.ts denies',
    app: { ...stock, setup: (app) => app.useGlobalGuards(new DenyingGuard()) },
    request: { path: '/stock/conflict' },
    span: { ...route('conflict', 'conflict'), code: 403 },
  },
  {
    title: 'traces what an APP_GUARD denies',
    app: { ...stock, providers: [{ provide: APP_GUARD, useClass: DenyingGuard }] },
    request: { path: '/stock/conflict' },
    span: { ...route('conflict', 'conflict'), code: 403 },
  },
  {
    title: 'records the fault of a guard',
    app: stock,
    request: { path: '/stock/failing-guard' },
    span: { ...route('failing-guard', 'failingGuard'), code: 500, ...fault('StockError', 'guard failed') },
  },
  {
    title: 'records the fault of an interceptor',
    app: stock,
    request: { path: '/stock/failing-interceptor' },
    span: {
      ...route('failing-interceptor', 'failingInterceptor'),
      code: 500,
      ...fault('StockError', 'interceptor failed'),
    },
  },
  {
    title: 'traces what a pipe refuses',
    app: stock,
    request: { path: '/stock/items/seven' },
    span: {
      path: '/stock/items/seven',
      route: '/stock/items/:id',
      handler: 'StockController.item',
      code: 400,
    },
  },
  {
    title: 'records a fault that a filter of the method answers',
    app: stock,
    request: { path: '/stock/filtered' },
    span: { ...route('filtered', 'filtered'), code: 503, ...fault('StockError', 'no stock') },
  },
  {
    title: 'records a fault that a catch-all filter of the method answers',
    app: stock,
    request: { path: '/stock/caught' },
    span: { ...route('caught', 'caught'), code: 500, ...fault('StockError', 'no stock') },
  },
  {
    title: 'leaves the status unset where a filter answers below 500',
    app: stock,
    request: { path: '/stock/teapot' },
    span: { ...route('teapot', 'teapot'), code: 418 },
  },
  {
    title: 'records a fault that a filter of the class answers',
    app: { controllers: [ShelfController] },
    request: { path: '/shelf' },
    span: {
      path: '/shelf',
      route: '/shelf',
      handler: 'ShelfController.read',
      code: 503,
      ...fault('StockError', 'shelf is empty'),
    },
  },
  {
    title: 'records a fault that a filter of main.ts answers',
    app: { ...stock, setup: (app) => app.useGlobalFilters(new StockFilter()) },
    request: { path: '/stock/plain-error' },
    span: { ...route('plain-error', 'plainError'), code: 503, ...fault('StockError', 'no stock') },
  },
  {
    title: 'records a fault that a catch-all APP_FILTER answers',
    app: { ...stock, providers: [{ provide: APP_FILTER, useClass: CatchAllFilter }] },
    request: { path: '/stock/plain-error' },
    span: { ...route('plain-error', 'plainError'), code: 500, ...fault('StockError', 'no stock') },
  },
  {
    title: 'records a fault that a request-scoped APP_FILTER answers',
    app: { ...stock, providers: [{ provide: APP_FILTER, scope: Scope.REQUEST, useClass: CatchAllFilter }] },
    request: { path: '/stock/plain-error' },
    span: { ...route('plain-error', 'plainError'), code: 500, ...fault('StockError', 'no stock') },
  },
  {
    title: 'traces a denial that a filter turns into another answer',
    app: { ...stock, providers: [{ provide: APP_FILTER, useClass: TeapotFilter }] },
    request: { path: '/stock/guarded' },
    span: { ...route('guarded', 'guarded'), code: 418 },
  },
  {
    title: 'traces a 404 that a filter answers',
    app: { ...stock, setup: (app) => app.useGlobalFilters(new TeapotFilter()) },
    request: { path: '/nowhere' },
    span: { path: '/nowhere', code: 418 },
  },
]);
