import { Controller, Inject } from '@nestjs/common';
import {
  ClientProxyFactory,
  EventPattern,
  GrpcMethod,
  MessagePattern,
  RpcException,
  Transport,
  type ClientGrpcProxy,
  type ClientProxy,
} from '@nestjs/microservices';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { lastValueFrom, type Observable } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { TracerManager } from '../../src/index.js';
import { pointsOf } from '../metrics/support/memory-metrics.js';
import { freePort } from '../support/free-port.js';
import { namedSpans } from '../support/named-spans.js';
import { startApp } from '../support/test-app.js';
import { stockOptions, type Item } from './grpc/situations.js';

const shipped: unknown[] = [];

@Controller()
class StockController {
  constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

  @MessagePattern('sum')
  sum(numbers: number[]): number {
    return this.manager.withSpan('adding', () => numbers.reduce((a, b) => a + b, 0));
  }

  @MessagePattern('refuses')
  refuses(): never {
    throw new RpcException({ code: 'NO_STOCK', message: 'out of stock' });
  }

  @EventPattern('shipped')
  shipped(order: unknown): void {
    shipped.push(order);
  }

  @GrpcMethod('Stock', 'One')
  one(item: Item): Item {
    return item;
  }

  @GrpcMethod('Stock', 'Refuses')
  gone(): never {
    throw new RpcException({ code: 5, message: 'no such item' });
  }

  @GrpcMethod('Stock', 'Faults')
  faults(): never {
    throw new RpcException({ code: 14, message: 'out of order' });
  }
}

it('durations and counts have the method, the code and the error of each call, once on either side', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const port = await freePort();
  const tcp = { transport: Transport.TCP as const, options: { port, host: '127.0.0.1' } };
  const grpc = await stockOptions();
  const { app, recorder } = await startApp({
    telemetry: { metrics: { readers: exporter } },
    controllers: [StockController],
    providers: [
      { provide: 'TCP', useFactory: () => ClientProxyFactory.create(tcp) },
      { provide: 'GRPC', useFactory: () => ClientProxyFactory.create(grpc) },
    ],
    setup: async (nest) => {
      nest.connectMicroservice(tcp);
      nest.connectMicroservice(grpc);
      await nest.startAllMicroservices();
    },
  });
  const client = app.get<ClientProxy>('TCP');
  const stub = app
    .get<ClientGrpcProxy>('GRPC')
    .getService<Record<'one' | 'refuses' | 'faults', (item: Item) => Observable<Item>>>('Stock');
  const manager = app.get(TracerManager, { strict: false });
  const over = (answer: Observable<unknown>): Promise<unknown> =>
    lastValueFrom(answer, { defaultValue: undefined }).catch(() => undefined);
  await manager.withSpan('flow', async () => {
    await over(client.send('sum', [1, 2]));
    await over(client.send('refuses', {}));
    await over(client.emit('shipped', { id: 1 }));
    await over(stub.one({ id: 1 }));
    await over(stub.refuses({ id: 1 }));
    await over(stub.faults({ id: 1 }));
  });
  await vi.waitFor(() => expect(shipped).toEqual([{ id: 1 }]));
  await vi.waitFor(() => expect(manager.status().spans).toMatchObject({ live: 0 }));
  client.close();
  await app.close();

  const measured = (name: string): unknown[] =>
    pointsOf(exporter, name).map(({ attributes, value }) => [
      attributes,
      typeof value === 'number' ? value : (value as { count: number }).count,
    ]);
  const nest = (method: string) => ({ 'rpc.system.name': 'nestjs', 'rpc.method': method });
  const call = (method: string, code: string) => ({
    'rpc.system.name': 'grpc',
    'rpc.method': `shop.Stock/${method}`,
    'rpc.response.status_code': code,
  });
  const refused = { ...nest('refuses'), 'rpc.response.status_code': 'NO_STOCK' };
  expect(measured('rpc.server.call.duration')).toEqual([
    [nest('sum'), 1],
    [{ ...refused, 'error.type': 'RpcException' }, 1],
    [call('One', 'OK'), 1],
    // The caller's mistake, for the server.
    [call('Refuses', 'NOT_FOUND'), 1],
    [{ ...call('Faults', 'UNAVAILABLE'), 'error.type': 'UNAVAILABLE' }, 1],
  ]);
  expect(measured('rpc.client.call.duration')).toEqual([
    [nest('sum'), 1],
    [{ ...refused, 'error.type': 'Error' }, 1],
    [call('One', 'OK'), 1],
    [{ ...call('Refuses', 'NOT_FOUND'), 'error.type': 'NOT_FOUND' }, 1],
    [{ ...call('Faults', 'UNAVAILABLE'), 'error.type': 'UNAVAILABLE' }, 1],
  ]);
  const event = { 'messaging.system': 'tcp', 'messaging.destination.name': 'shipped' };
  const sent = { ...event, 'messaging.operation.name': 'send' };
  const processed = { ...event, 'messaging.operation.name': 'process' };
  expect(measured('messaging.client.operation.duration')).toEqual([[sent, 1]]);
  expect(measured('messaging.client.sent.messages')).toEqual([[sent, 1]]);
  expect(measured('messaging.process.duration')).toEqual([[processed, 1]]);
  expect(measured('messaging.client.consumed.messages')).toEqual([[processed, 1]]);

  const parents = namedSpans(recorder.spans()).map(({ kind, name, parent }) => [`${kind} ${name}`, parent]);
  expect(parents).toContainEqual(['CLIENT shop.Stock/One', 'INTERNAL flow']);
});
