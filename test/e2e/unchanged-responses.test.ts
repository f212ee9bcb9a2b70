import { Readable } from 'node:stream';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Param,
  ParseIntPipe,
  Post,
  Redirect,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
  type INestApplication,
} from '@nestjs/common';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TelemetryModuleOptions } from '../../src/index.js';
import type { ClientRequest } from '../support/http-client.js';
import { ALL_SERVERS, type ServerKind } from '../support/server-kinds.js';
import { startApp } from '../support/test-app.js';

@Controller()
class EverythingController {
  @Get('json')
  json() {
    return { a: 1 };
  }

  @Get('text')
  @Header('x-own', 'yes')
  text() {
    return 'text';
  }

  @Get('empty')
  @HttpCode(204)
  empty() {}

  @Get('cookies')
  cookies(@Res({ passthrough: true }) response: { header(name: string, value: string[]): void }) {
    response.header('set-cookie', ['a=1', 'b=2', 'c=3']);
    return '';
  }

  @Get('moved')
  @Redirect('/json', 301)
  moved() {}

  @Get('file')
  file() {
    return new StreamableFile(Readable.from([Buffer.from('a'), Buffer.from('b')]), { length: 2 });
  }

  @Sse('events')
  events() {
    return of({ data: 'one' }, { data: 'two' });
  }

  @Get('numbers/:id')
  number(@Param('id', ParseIntPipe) id: number) {
    return String(id);
  }

  @Get('denied')
  @UseGuards({ canActivate: () => false })
  denied() {}

  @Get('mistake')
  mistake() {
    throw new BadRequestException({ reason: 'mistake' });
  }

  @Get('fault')
  fault() {
    throw new Error('fault');
  }

  @Post('echo')
  echo(@Body() body: unknown) {
    return body;
  }
}

const json = { 'content-type': 'application/json' };
const requests: ClientRequest[] = [
  ...['json', 'text', 'empty', 'cookies', 'moved', 'file', 'events', 'numbers/1', 'numbers/x', 'denied'].map(
    (path) => ({ path: `/${path}` }),
  ),
  ...['mistake', 'fault', 'nowhere', 'numbers/%zz', 'json?token=t'].map((path) => ({ path: `/${path}` })),
  { method: 'HEAD', path: '/json' },
  { method: 'OPTIONS', path: '/json', headers: { origin: 'a', 'access-control-request-method': 'GET' } },
  { method: 'POST', path: '/echo', headers: json, body: '{"a":1}' },
  { method: 'POST', path: '/echo', headers: json, body: '{"a":' },
  { path: '/json', headers: { traceparent: 'nonsense', baggage: '=,;==', tracestate: '???' } },
];

/** What clients see, without what differs from one answer to the next anyway. */
async function answers(server: ServerKind, telemetry: TelemetryModuleOptions | false) {
  const setup = (app: INestApplication) => {
    app.enableCors();
  };
  const app = await startApp({ server, telemetry, controllers: [EverythingController], setup });
  const seen: unknown[] = [];
  for (const request of requests) {
    const { status, headers, body } = await app.send(request);
    const { date: _date, ...others } = headers;
    seen.push({ request, status, headers: others, body });
  }
  return seen;
}

describe.each(ALL_SERVERS)('$name', (server) => {
  it.each<[string, TelemetryModuleOptions]>([
    ['telemetry', {}],
    ['telemetry that is off', { enabled: false }],
    ['telemetry that samples nothing', { sampler: { type: 'always-off' } }],
    [
      'telemetry whose every part throws',
      {
        sampler: {
          shouldSample: () => {
            throw new Error('sampler');
          },
        },
        spanProcessors: [
          new Proxy({} as never, {
            get: () => () => {
              throw new Error('processor');
            },
          }),
        ],
        http: {
          requestHook: () => {
            throw new Error('hook');
          },
          responseHook: () => {
            throw new Error('hook');
          },
          trustRemoteParent: () => {
            throw new Error('predicate');
          },
        },
      },
    ],
  ])('answers the same with %s as without', async (_what, telemetry) => {
    expect(await answers(server, telemetry)).toEqual(await answers(server, false));
  });
});
