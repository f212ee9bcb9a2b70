import { Readable } from 'node:stream';
import {
  All,
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Injectable,
  Options,
  Param,
  Post,
  Redirect,
  Res,
  Scope,
  StreamableFile,
  Version,
  VersioningType,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describe, expect, it } from 'vitest';
import { LOCALHOST_TLS } from '../../support/localhost-tls.js';
import {
  ALL_SERVERS,
  EXPRESS,
  FASTIFY,
  FASTIFY_H2C,
  FASTIFY_HTTP2,
  type ServerKind,
} from '../../support/server-kinds.js';
import { startApp, type TestAppOptions } from '../../support/test-app.js';
import { describeServerSpans, type ServerSpanCase } from './cases.js';

@Controller('orders')
class OrdersController {
  @Get()
  list() {
    return [];
  }

  @Get('recent')
  @Redirect('/orders', 302)
  recent() {}

  @Get('report')
  report() {
    return new StreamableFile(Readable.from([Buffer.from('a'), Buffer.from('b')]));
  }

  @Get('cookies')
  @Header('set-cookie', 'a=1')
  cookies(@Res({ passthrough: true }) response: { header(name: string, value: string | string[]): void }) {
    response.header('set-cookie', ['b=2', 'c=3']);
    return 'cookies';
  }

  @Get('by-hand')
  byHand(@Res() response: { status(code: number): { send(body: string): void } }) {
    response.status(202).send('later');
  }

  @Get(':id')
  findOne(@Param('id') id: string) {
    return { id };
  }

  @Post()
  create(@Body() body: unknown) {
    return body;
  }

  @Delete(':id')
  @HttpCode(204)
  remove() {}

  @Options('methods/allowed')
  @HttpCode(204)
  allowed() {}
}

@Controller('pages')
class PagesController {
  @All(['one/:id', 'two/:id'])
  page() {
    return 'page';
  }
}

@Controller('files')
class ExpressFilesController {
  @Get('*path')
  file() {
    return 'file';
  }
}

@Controller('files')
class FastifyFilesController {
  @Get('*')
  file() {
    return 'file';
  }
}

@Controller({ path: 'orders', version: '1' })
class VersionedController {
  @Get(':id')
  first() {
    return 1;
  }

  @Version('2')
  @Get(':id')
  second() {
    return 2;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  constructor(@Inject(REQUEST) readonly request: { url: string }) {}
}

@Controller('scoped')
class ScopedController {
  constructor(@Inject(PerRequest) private readonly perRequest: PerRequest) {}

  @Get()
  where() {
    return this.perRequest.request.url;
  }
}

const orders = { controllers: [OrdersController] };
const plain = { path: '/orders/7', route: '/orders/:id', handler: 'OrdersController.findOne' };

const forwarded = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'shop.example.com',
};
const original = {
  'client.address': '203.0.113.9',
  'url.scheme': 'https',
  'server.address': 'shop.example.com',
  'server.port': undefined,
};

/** The same server where the app trusts its proxy. */
function behindProxy(server: ServerKind): TestAppOptions {
  if (server.framework === 'fastify') {
    return { server: { ...server, adapter: () => new FastifyAdapter({ trustProxy: true }) } };
  }
  return {
    server,
    setup: (app) => (app as unknown as { set(key: string, value: unknown): void }).set('trust proxy', true),
  };
}

describeServerSpans([
  {
    title: 'names the span after the route template',
    app: orders,
    request: { path: '/orders/7' },
    span: plain,
  },
  {
    title: 'shows a query with the values of signatures and tokens redacted',
    app: orders,
    request: { path: '/orders/7?page=2&X-Amz-Signature=abc&%74oken=t&sig=&flag' },
    span: {
      ...plain,
      attributes: {
        'url.query': 'page=2&X-Amz-Signature=REDACTED&%74oken=REDACTED&sig=REDACTED&flag',
      },
    },
  },
  {
    title: 'redacts the query parameters that the options name',
    app: { ...orders, telemetry: { http: { redactQuery: ['Iban'] } } },
    request: { path: '/orders/7?iban=DE02&sig=s&page=2' },
    span: { ...plain, attributes: { 'url.query': 'iban=REDACTED&sig=REDACTED&page=2' } },
  },
  {
    title: 'keeps the user agent',
    app: orders,
    request: { path: '/orders/7', headers: { 'user-agent': 'check/1.0' } },
    span: { ...plain, attributes: { 'user_agent.original': 'check/1.0' } },
  },
  {
    title: 'takes server address and port from the host that the client named',
    app: orders,
    request: { path: '/orders/7', headers: { host: 'shop.example.com' } },
    servers: [EXPRESS, FASTIFY],
    span: { ...plain, attributes: { 'server.address': 'shop.example.com', 'server.port': undefined } },
  },
  {
    title: 'takes the :authority on HTTP/2',
    app: orders,
    request: { path: '/orders/7', headers: { ':authority': 'shop.example.com:8443' } },
    servers: [FASTIFY_HTTP2, FASTIFY_H2C],
    span: { ...plain, attributes: { 'server.address': 'shop.example.com', 'server.port': 8443 } },
  },
  {
    title: 'shows an IPv6 host without brackets',
    app: orders,
    request: { path: '/orders/7', headers: { host: '[2001:db8::1]:8080' } },
    servers: [EXPRESS, FASTIFY],
    span: { ...plain, attributes: { 'server.address': '2001:db8::1', 'server.port': 8080 } },
  },
  {
    title: 'traces an app that listens on IPv6',
    app: { ...orders, host: '::1' },
    request: { path: '/orders/7' },
    span: { ...plain, attributes: { 'client.address': '::1' } },
  },
  {
    title: 'traces a POST',
    app: orders,
    request: {
      method: 'POST',
      path: '/orders',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    },
    span: {
      method: 'POST',
      path: '/orders',
      route: '/orders',
      handler: 'OrdersController.create',
      code: 201,
    },
  },
  {
    title: 'traces an empty answer',
    app: orders,
    request: { method: 'DELETE', path: '/orders/7' },
    span: {
      method: 'DELETE',
      path: '/orders/7',
      route: '/orders/:id',
      handler: 'OrdersController.remove',
      code: 204,
    },
  },
  {
    title: 'traces HEAD under the GET route that serves it',
    app: orders,
    request: { method: 'HEAD', path: '/orders/7' },
    span: { ...plain, method: 'HEAD' },
  },
  {
    title: 'traces a route for OPTIONS',
    app: orders,
    request: { method: 'OPTIONS', path: '/orders/methods/allowed' },
    span: {
      method: 'OPTIONS',
      path: '/orders/methods/allowed',
      route: '/orders/methods/allowed',
      handler: 'OrdersController.allowed',
      code: 204,
    },
  },
  {
    title: 'traces OPTIONS on a path without a route for it',
    app: orders,
    request: { method: 'OPTIONS', path: '/orders/7' },
    span: { method: 'OPTIONS', path: '/orders/7', code: 404 },
  },
  {
    title: 'traces a CORS preflight',
    app: { ...orders, setup: (app) => app.enableCors() },
    request: {
      method: 'OPTIONS',
      path: '/orders/7',
      headers: { origin: 'https://shop.example.com', 'access-control-request-method': 'GET' },
    },
    span: { method: 'OPTIONS', path: '/orders/7', code: 204 },
  },
  {
    title: 'calls an unknown method _OTHER and keeps the original',
    app: orders,
    request: { method: 'PROPFIND', path: '/orders/7' },
    span: {
      name: 'HTTP',
      method: '_OTHER',
      path: '/orders/7',
      code: 404,
      attributes: { 'http.request.method_original': 'PROPFIND' },
    },
  },
  {
    title: 'gives a 404 no route and no error',
    app: orders,
    request: { path: '/nowhere/7' },
    span: { path: '/nowhere/7', code: 404 },
  },
  {
    title: 'puts the global prefix into the route',
    app: { ...orders, setup: (app) => app.setGlobalPrefix('api') },
    request: { path: '/api/orders/7' },
    span: { ...plain, path: '/api/orders/7', route: '/api/orders/:id' },
  },
  {
    title: 'traces a path under the global prefix that no route serves',
    app: { ...orders, setup: (app) => app.setGlobalPrefix('api') },
    request: { path: '/api/nowhere' },
    span: { path: '/api/nowhere', code: 404 },
  },
  {
    title: 'traces a path outside of the global prefix',
    app: { ...orders, setup: (app) => app.setGlobalPrefix('api') },
    request: { path: '/orders/7' },
    span: { path: '/orders/7', code: 404 },
  },
  {
    title: 'traces a malformed JSON body',
    app: orders,
    request: {
      method: 'POST',
      path: '/orders',
      headers: { 'content-type': 'application/json' },
      body: '{"a":',
    },
    span: ({ framework }) => ({
      method: 'POST',
      path: '/orders',
      code: 400,
      // Fastify has routed the request before it reads the body.
      ...(framework === 'fastify' && { route: '/orders' }),
    }),
  },
  {
    title: 'traces a path with a bad percent-escape',
    app: orders,
    request: { path: '/orders/%zz' },
    span: { path: '/orders/%zz', code: 400 },
  },
  {
    title: 'puts the version of the URI into the route',
    app: {
      controllers: [VersionedController],
      setup: (app) => app.enableVersioning({ type: VersioningType.URI }),
    },
    request: { path: '/v2/orders/7' },
    span: { path: '/v2/orders/7', route: '/v2/orders/:id', handler: 'VersionedController.second' },
  },
  {
    title: 'knows the handler that a version header chose',
    app: {
      controllers: [VersionedController],
      setup: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    },
    request: { path: '/orders/7', headers: { 'x-version': '2' } },
    span: { path: '/orders/7', route: '/orders/:id', handler: 'VersionedController.second' },
  },
  {
    title: 'traces an answer with several Set-Cookie headers',
    app: orders,
    request: { path: '/orders/cookies' },
    span: { path: '/orders/cookies', route: '/orders/cookies', handler: 'OrdersController.cookies' },
  },
  {
    title: 'traces a handler that answers by hand',
    app: orders,
    request: { path: '/orders/by-hand' },
    span: {
      path: '/orders/by-hand',
      route: '/orders/by-hand',
      handler: 'OrdersController.byHand',
      code: 202,
    },
  },
  {
    title: 'traces a streamed file',
    app: orders,
    request: { path: '/orders/report' },
    span: {
      path: '/orders/report',
      route: '/orders/report',
      handler: 'OrdersController.report',
      attributes: { 'stream.bytes': 2, 'stream.outcome': 'completed' },
    },
  },
  {
    title: 'traces a redirect',
    app: orders,
    request: { path: '/orders/recent' },
    span: {
      path: '/orders/recent',
      route: '/orders/recent',
      handler: 'OrdersController.recent',
      code: 302,
    },
  },
  {
    title: 'keeps the wildcard of a route in its template',
    app: { controllers: [ExpressFilesController] },
    request: { path: '/files/a/b' },
    servers: [EXPRESS],
    span: { path: '/files/a/b', route: '/files/*path', handler: 'ExpressFilesController.file' },
  },
  {
    title: 'keeps the wildcard of a route in its template',
    app: { controllers: [FastifyFilesController] },
    request: { path: '/files/a/b' },
    servers: [FASTIFY, FASTIFY_HTTP2, FASTIFY_H2C],
    span: { path: '/files/a/b', route: '/files/*', handler: 'FastifyFilesController.file' },
  },
  {
    title: 'traces a request-scoped controller',
    app: { controllers: [ScopedController], providers: [PerRequest] },
    request: { path: '/scoped' },
    span: { path: '/scoped', route: '/scoped', handler: 'ScopedController.where' },
  },
  ...[EXPRESS, FASTIFY].flatMap((server): ServerSpanCase[] => [
    {
      title: 'shows what the client asked for behind a trusted proxy',
      app: { ...orders, ...behindProxy(server) },
      request: { path: '/orders/7', headers: forwarded },
      servers: [server],
      span: { ...plain, attributes: original },
    },
    {
      title: 'shows what the client asked for behind a trusted proxy where no route matches',
      app: { ...orders, ...behindProxy(server) },
      request: { path: '/nowhere', headers: forwarded },
      servers: [server],
      span: { path: '/nowhere', code: 404, attributes: original },
    },
  ]),
  {
    title: 'traces HTTP/1.1 over TLS',
    app: {
      ...orders,
      server: {
        ...FASTIFY,
        scheme: 'https',
        adapter: () => new FastifyAdapter({ https: LOCALHOST_TLS } as never),
      },
    },
    request: { path: '/orders/7' },
    servers: [FASTIFY],
    span: plain,
  },
  {
    title: 'traces HTTP/1.1 on a server that also speaks HTTP/2',
    app: {
      ...orders,
      server: {
        ...FASTIFY,
        scheme: 'https',
        adapter: () =>
          new FastifyAdapter({ http2: true, https: { ...LOCALHOST_TLS, allowHTTP1: true } } as never),
      },
    },
    request: { path: '/orders/7' },
    servers: [FASTIFY],
    span: plain,
  },
  {
    title: 'does not believe what proxies say unless the framework does',
    app: orders,
    request: { path: '/orders/7', headers: forwarded },
    span: plain,
  },
  {
    title: 'traces a route that was added to the framework itself',
    app: {
      ...orders,
      setup: (app) => {
        app
          .getHttpAdapter()
          .getInstance()
          .get('/raw/:id', (_request: unknown, response: { send(body: string): void }) => {
            response.send('raw');
          });
      },
    },
    request: { path: '/raw/7' },
    servers: ALL_SERVERS,
    span: { path: '/raw/7', route: '/raw/:id' },
  },
]);

describe.each(ALL_SERVERS)('a handler of several routes and methods on $name', (server) => {
  it('names each request by its own', async () => {
    const app = await startApp({ server, controllers: [PagesController] });
    const requests = ['GET one', 'POST one', 'GET two', 'PUT two', 'GET one', 'GET two'];
    for (const request of requests) {
      const [method = '', page = ''] = request.split(' ');
      await app.send({ method, path: `/pages/${page}/7` });
    }
    await app.close();
    expect(app.recorder.spans().map(({ name, attributes }) => [name, attributes['http.route']])).toEqual(
      requests.map((request) => {
        const [method = '', page = ''] = request.split(' ');
        return [`${method} /pages/${page}/:id`, `/pages/${page}/:id`];
      }),
    );
  });
});
