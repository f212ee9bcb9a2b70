import { Controller, Get, Inject, Injectable, Module, UseGuards, type CanActivate } from '@nestjs/common';
import {
  ClientProxy,
  ClientsModule,
  EventPattern,
  MessagePattern,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import { NoSpan, TelemetryModule, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { freePort } from '../support/free-port.js';
import { namedSpans, type NamedSpan } from '../support/named-spans.js';
import { startApp, type TestApp } from '../support/test-app.js';

@Injectable()
class DenyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class ShippingController {
  constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

  @MessagePattern('sum')
  sum(numbers: number[]): number {
    return this.manager.withSpan('adding', () => numbers.reduce((a, b) => a + b, 0));
  }

  @MessagePattern({ cmd: 'count' })
  count(to: number): unknown {
    return from(Array.from({ length: to }, (_, index) => index));
  }

  @MessagePattern('denied')
  @UseGuards(DenyGuard)
  denied(): string {
    return 'never';
  }

  @MessagePattern('fails')
  fails(): never {
    throw new RpcException({ code: 'NO_STOCK', message: 'out of stock' });
  }

  @MessagePattern('quiet')
  @NoSpan()
  quiet(): number {
    return this.manager.withSpan('hidden', () => 1);
  }

  @EventPattern('shipped')
  shipped(_order: unknown): void {
    this.manager.withSpan('noting', () => undefined);
  }
}

@Controller()
class OrdersController {
  constructor(@Inject('SHIPPING') private readonly shipping: ClientProxy) {}

  @Get('count')
  count(): Promise<number[]> {
    return lastValueFrom(this.shipping.send<number>({ cmd: 'count' }, 3).pipe(toArray()));
  }

  @Get('send/sum')
  sum(): Promise<unknown> {
    return firstValueFrom(this.shipping.send('sum', [1, 2, 3]));
  }

  @Get('send/quiet')
  quiet(): Promise<unknown> {
    return firstValueFrom(this.shipping.send('quiet', {}));
  }

  @Get('send/denied')
  denied(): Promise<unknown> {
    return firstValueFrom(this.shipping.send('denied', {})).catch((error: unknown) => error);
  }

  @Get('send/fails')
  fails(): Promise<unknown> {
    return firstValueFrom(this.shipping.send('fails', {})).catch((error: unknown) => error);
  }

  @Get('send/nobody')
  nobody(): Promise<unknown> {
    return firstValueFrom(this.shipping.send('nobody', {})).catch((error: unknown) => ({ error }));
  }

  @Get('ship')
  async ship(): Promise<void> {
    await lastValueFrom(this.shipping.emit('shipped', { id: 1 }), { defaultValue: undefined });
  }
}

async function start(
  telemetry: TelemetryModuleOptions | false = {},
): Promise<{ app: TestApp; port: number; ask: (path: string) => Promise<unknown> }> {
  const port = await freePort();
  const client = { transport: Transport.TCP as const, options: { port, host: '127.0.0.1' } };
  const app = await startApp({
    telemetry,
    controllers: [OrdersController, ShippingController],
    ...(telemetry === false ? { providers: [{ provide: TracerManager, useValue: UNTRACED }] } : {}),
    imports: [ClientsModule.register([{ name: 'SHIPPING', ...client }])],
    setup: async (nest) => {
      nest.connectMicroservice(client);
      await nest.startAllMicroservices();
    },
  });
  const ask = async (path: string): Promise<unknown> => {
    const { body } = await app.get(path);
    return body === '' ? undefined : JSON.parse(body);
  };
  return { app, port, ask };
}

const UNTRACED = { withSpan: (_name: string, fn: () => unknown) => fn() };

const OK = { status: { code: 'UNSET' } } as const;
const client = (port: number, method: string): NamedSpan => ({
  name: method,
  kind: 'CLIENT',
  parent: 'SERVER',
  ...OK,
  attributes: {
    'rpc.method': method,
    'rpc.system.name': 'nestjs',
    'server.address': '127.0.0.1',
    'server.port': port,
  },
});
const server = (method: string, handler: string): NamedSpan => ({
  name: method,
  kind: 'SERVER',
  parent: `CLIENT ${method}`,
  ...OK,
  attributes: {
    'code.function.name': `ShippingController.${handler}`,
    'rpc.method': method,
    'rpc.system.name': 'nestjs',
  },
});
const failed = (span: NamedSpan, type: string, message: string, more = {}): NamedSpan => ({
  ...span,
  status: { code: 'ERROR', message },
  attributes: { ...span.attributes, 'error.type': type, ...more },
  exceptions: [type],
});
const COUNT = '{"cmd":"count"}';

it.each<[string, unknown, (port: number) => readonly NamedSpan[]]>([
  [
    '/send/sum',
    6,
    (port) => [
      client(port, 'sum'),
      server('sum', 'sum'),
      { name: 'adding', kind: 'INTERNAL', parent: 'SERVER sum', ...OK, attributes: {} },
    ],
  ],
  ['/count', [0, 1, 2], (port) => [client(port, COUNT), server(COUNT, 'count')]],
  [
    '/send/denied',
    { status: 'error', message: 'Forbidden resource' },
    (port) => [
      failed(client(port, 'denied'), 'Error', 'Forbidden resource'),
      failed(server('denied', 'denied'), 'RpcException', 'Forbidden resource'),
    ],
  ],
  [
    '/send/fails',
    { code: 'NO_STOCK', message: 'out of stock' },
    (port) => [
      failed(client(port, 'fails'), 'Error', 'out of stock', { 'rpc.response.status_code': 'NO_STOCK' }),
      failed(server('fails', 'fails'), 'RpcException', 'out of stock', {
        'rpc.response.status_code': 'NO_STOCK',
      }),
    ],
  ],
  [
    '/send/nobody',
    { error: 'There is no matching message handler defined in the remote service.' },
    (port) => {
      const message = 'There is no matching message handler defined in the remote service.';
      return [
        failed(client(port, 'nobody'), 'string', message),
        {
          ...failed(server('_OTHER', ''), 'NoMessageHandlerError', message),
          parent: 'CLIENT nobody',
          attributes: {
            'rpc.method': '_OTHER',
            'rpc.method_original': 'nobody',
            'rpc.system.name': 'nestjs',
            'error.type': 'NoMessageHandlerError',
          },
        },
      ];
    },
  ],
  ['/send/quiet', 1, (port) => [client(port, 'quiet')]],
])('a request by TCP, %s, is one trace', async (path, answer, expected) => {
  const { app, port, ask } = await start();
  expect(await ask(path)).toEqual(answer);
  await app.close();
  const spans = namedSpans(app.recorder.spans());
  expect(
    spans.map((span) => ({ ...span, parent: span.parent?.replace(/^SERVER GET .*/, 'SERVER') })),
  ).toEqual(expected(port));
});

it('answers are the same without telemetry', async () => {
  const answers: unknown[] = [];
  for (const telemetry of [{}, { entries: false }, { enabled: false }, false] as const) {
    const { app, ask } = await start(telemetry);
    const paths = [
      '/send/sum',
      '/count',
      '/send/denied',
      '/send/fails',
      '/send/nobody',
      '/send/quiet',
      '/ship',
    ];
    const all: unknown[] = [];
    for (const path of paths) all.push(await ask(path));
    answers.push(all);
    await app.close();
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
  expect(answers[3]).toEqual(answers[0]);
});

it.each([
  ['link', undefined, ['PRODUCER send shipped']],
  ['parent', 'PRODUCER send shipped', undefined],
] as const)('an event is related to its sender by %s', async (relation, parent, links) => {
  const { app, ask } = await start({ messaging: { relation: { 'ship*': relation } } });
  await ask('/ship');
  await app.recorder.waitFor('process shipped');
  await app.close();
  const consumer = namedSpans(app.recorder.spans()).find(({ kind }) => kind === 'CONSUMER');
  expect(consumer).toEqual({
    name: 'process shipped',
    kind: 'CONSUMER',
    ...(parent === undefined ? {} : { parent }),
    ...OK,
    attributes: {
      'code.function.name': 'ShippingController.shipped',
      'messaging.destination.name': 'shipped',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.system': 'tcp',
    },
    ...(links === undefined ? {} : { links }),
  });
});

it.each([
  ['off', { entries: { microservices: false } }, ['adding', 'GET /send/sum']],
  ['excluded', { entries: { microservices: { exclude: ['sum'] } } }, ['GET /send/sum']],
  ['sampled out', { sampler: 0 }, []],
  ['disabled', { enabled: false }, []],
] as const)('makes no spans where it is %s', async (_what, telemetry, names) => {
  const { app, ask } = await start(telemetry);
  expect(await ask('/send/sum')).toBe(6);
  await app.close();
  expect(app.recorder.spans().map(({ name }) => name)).toEqual(names);
});

it('a message belongs to the nearest instance of its handler', async () => {
  const near = new SpanRecorder();
  @Module({
    imports: [TelemetryModule.forRoot({ service: { name: 'near' }, exporter: near })],
    controllers: [ShippingController],
  })
  class NearModule {}
  const port = await freePort();
  const tcp = { transport: Transport.TCP as const, options: { port, host: '127.0.0.1' } };
  const app = await startApp({
    controllers: [OrdersController],
    imports: [NearModule, ClientsModule.register([{ name: 'SHIPPING', ...tcp }])],
    setup: async (nest) => {
      nest.connectMicroservice(tcp);
      await nest.startAllMicroservices();
    },
  });
  await app.get('/send/sum');
  await app.close();
  expect(near.spans().map(({ name, kind }) => [name, kind])).toEqual([
    ['adding', 0],
    ['sum', 1],
  ]);
  expect(app.recorder.spans().map(({ name, kind }) => [name, kind])).toEqual([
    ['sum', 2],
    ['GET /send/sum', 1],
  ]);
});

it('a server that is away is seen at the client', async () => {
  const port = await freePort();
  const app = await startApp({
    controllers: [OrdersController],
    imports: [
      ClientsModule.register([
        { name: 'SHIPPING', transport: Transport.TCP, options: { port, host: '127.0.0.1' } },
      ]),
    ],
  });
  await app.get('/send/sum');
  await app.close();
  const [span] = app.recorder.spans().filter(({ name }) => name === 'sum');
  expect([span!.status.code, span!.attributes['rpc.response.status_code']]).toEqual([2, 'ECONNREFUSED']);
});
