import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Inject } from '@nestjs/common';
import {
  ClientsModule,
  GrpcMethod,
  GrpcStreamMethod,
  RpcException,
  Transport,
  type ClientGrpc,
} from '@nestjs/microservices';
import { firstValueFrom, from, lastValueFrom, map, toArray, type Observable } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { namedSpans, type NamedSpan } from '../support/named-spans.js';
import { startApp } from '../support/test-app.js';

const PROTO = `syntax = "proto3";
package shop;
service Stock {
  rpc One (Item) returns (Item);
  rpc Many (Item) returns (stream Item);
  rpc Both (stream Item) returns (stream Item);
  rpc Fails (Item) returns (Item);
}
message Item { int32 id = 1; }
`;

interface Item {
  readonly id: number;
}

interface Stock {
  one(item: Item): Observable<Item>;
  many(item: Item): Observable<Item>;
  both(items: Observable<Item>): Observable<Item>;
  fails(item: Item): Observable<Item>;
}

@Controller()
class StockController {
  @GrpcMethod('Stock', 'One')
  one({ id }: Item): Item {
    return { id: id + 1 };
  }

  @GrpcMethod('Stock', 'Many')
  many({ id }: Item): Observable<Item> {
    return from([{ id }, { id: id + 1 }]);
  }

  @GrpcStreamMethod('Stock', 'Both')
  both(items: Observable<Item>): Observable<Item> {
    return items.pipe(map(({ id }) => ({ id: id * 2 })));
  }

  @GrpcMethod('Stock', 'Fails')
  fails(_item: Item): Item {
    throw new RpcException({ code: 5, message: 'no such item' });
  }
}

@Controller()
class OrdersController {
  constructor(@Inject('STOCK') private readonly client: ClientGrpc) {}

  @Get('one')
  one(): Promise<Item> {
    return firstValueFrom(this.stock.one({ id: 1 }));
  }

  @Get('many')
  many(): Promise<Item[]> {
    return lastValueFrom(this.stock.many({ id: 1 }).pipe(toArray()));
  }

  @Get('both')
  both(): Promise<Item[]> {
    return lastValueFrom(this.stock.both(from([{ id: 1 }, { id: 2 }])).pipe(toArray()));
  }

  @Get('fails')
  fails(): Promise<unknown> {
    return firstValueFrom(this.stock.fails({ id: 1 })).catch((error: unknown) => ({
      error: (error as Error).message,
    }));
  }

  private get stock(): Stock {
    return this.client.getService<Stock>('Stock');
  }
}

it.each<[string, string, unknown, Partial<Record<'client' | 'server', Partial<NamedSpan>>>]>([
  ['/one', 'One', { id: 2 }, {}],
  ['/many', 'Many', [{ id: 1 }, { id: 2 }], {}],
  ['/both', 'Both', [{ id: 2 }, { id: 4 }], {}],
  [
    '/fails',
    'Fails',
    { error: '5 NOT_FOUND: no such item' },
    { client: { status: { code: 'ERROR', message: '5 NOT_FOUND: no such item' }, exceptions: ['Error'] } },
  ],
])('a gRPC call, %s, is one trace', async (path, method, answer, outcome) => {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-grpc-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const protoPath = join(folder, 'shop.proto');
  writeFileSync(protoPath, PROTO);
  const port = await freePort();
  const grpc = {
    transport: Transport.GRPC as const,
    options: { package: 'shop', protoPath, url: `127.0.0.1:${port}` },
  };
  const app = await startApp({
    controllers: [OrdersController, StockController],
    imports: [ClientsModule.register([{ name: 'STOCK', ...grpc }])],
    setup: async (nest) => {
      nest.connectMicroservice(grpc);
      await nest.startAllMicroservices();
    },
  });
  expect(JSON.parse((await app.get(path)).body)).toEqual(answer);
  await app.close();
  const name = `shop.Stock/${method}`;
  const spans = namedSpans(app.recorder.spans());
  const failed = outcome.client !== undefined;
  expect(spans).toEqual([
    {
      name,
      kind: 'CLIENT',
      parent: `SERVER GET ${path}`,
      status: { code: 'UNSET' },
      attributes: {
        'rpc.method': name,
        'rpc.response.status_code': failed ? 'NOT_FOUND' : 'OK',
        'rpc.system.name': 'grpc',
        'server.address': '127.0.0.1',
        'server.port': port,
        ...(failed ? { 'error.type': 'Error' } : {}),
      },
      ...outcome.client,
    },
    {
      name,
      kind: 'SERVER',
      parent: `CLIENT ${name}`,
      status: { code: 'UNSET' },
      attributes: {
        'code.function.name': `StockController.${path.slice(1)}`,
        'rpc.method': name,
        'rpc.system.name': 'grpc',
        ...(failed ? { 'error.type': 'NOT_FOUND', 'rpc.response.status_code': 'NOT_FOUND' } : {}),
      },
    },
  ]);
});
