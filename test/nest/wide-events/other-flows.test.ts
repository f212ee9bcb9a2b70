import type { AddressInfo, Server } from 'node:net';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Transport, type ClientProxy } from '@nestjs/microservices';
import { SpanKind } from '@opentelemetry/api';
import { defer, firstValueFrom, type Observable } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Span, TracerManager, WideEventInterceptor, WideEventService } from '../../../src/index.js';
import { startApp, type TestApp } from '../../support/test-app.js';
import { MARK } from './carts.js';

/** The span of a consumer, as an instrumentation would make it. */
@Injectable()
class ConsumerSpans implements NestInterceptor {
  constructor(@Inject(TracerManager) private readonly tracer: TracerManager) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const name = `process ${context.getHandler().name}`;
    return this.tracer.withSpan(name, { kind: SpanKind.CONSUMER }, () => next.handle());
  }
}

@Controller()
class StockController {
  constructor(@Inject(WideEventService) private readonly event: WideEventService) {}

  @MessagePattern('reserve')
  @UseInterceptors(ConsumerSpans, WideEventInterceptor)
  async reserve(id: string): Promise<string> {
    await this.look(id);
    return 'reserved';
  }

  @MessagePattern('watch')
  @UseInterceptors(ConsumerSpans, WideEventInterceptor)
  watch(id: string): Observable<string> {
    return defer(() => this.look(id).then(() => 'watched'));
  }

  @MessagePattern('count')
  @UseInterceptors(WideEventInterceptor)
  async count(id: string): Promise<string> {
    await this.look(id);
    return 'counted';
  }

  @Get('stock')
  @UseInterceptors(ConsumerSpans, WideEventInterceptor)
  async show(): Promise<string> {
    await this.look('7');
    return 'shown';
  }

  @Span()
  private async look(id: string): Promise<void> {
    await Promise.resolve();
    this.event.increment('looks');
    this.event.set('stock.id', id);
  }
}

async function start(): Promise<{ app: TestApp; client: ClientProxy; seed: ReturnType<typeof vi.fn> }> {
  const seed = vi.fn((context: ExecutionContext) => ({ 'flow.type': context.getType() }));
  const app = await startApp({
    controllers: [StockController],
    providers: [ConsumerSpans],
    telemetry: { http: false, entries: { microservices: false }, wideEvents: { seed } },
    setup: async (nest) => {
      nest.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } });
      await nest.startAllMicroservices();
    },
  });
  const [service] = app.app.getMicroservices();
  const { port } = service!.unwrap<Server>().address() as AddressInfo;
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  onTestFinished(() => {
    void client.close();
  });
  return { app, client, seed };
}

function send(client: ClientProxy, pattern: string, id: string): Promise<unknown> {
  return firstValueFrom(client.send(pattern, id));
}

it('a message handler’s event is the span around it, of each message its own', async () => {
  const { app, client } = await start();
  const answers = await Promise.all([send(client, 'reserve', '1'), send(client, 'watch', '2')]);
  expect(answers).toEqual(['reserved', 'watched']);
  await app.recorder.waitFor('process reserve');
  await app.recorder.waitFor('process watch');
  const attributes = (name: string): unknown => app.recorder.span(name).attributes;
  expect(attributes('process reserve')).toEqual({
    ...MARK,
    'code.function.name': 'StockController.reserve',
    'flow.type': 'rpc',
    looks: 1,
    'stock.id': '1',
  });
  expect(attributes('process watch')).toEqual({
    ...MARK,
    'code.function.name': 'StockController.watch',
    'flow.type': 'rpc',
    looks: 1,
    'stock.id': '2',
  });
  expect(app.recorder.spans().filter(({ name }) => name === 'StockController.look')).toMatchObject([
    { attributes: {} },
    { attributes: {} },
  ]);
});

it('there is none where no span is around the handler', async () => {
  const { app, client, seed } = await start();
  expect(await send(client, 'count', '3')).toBe('counted');
  expect(app.recorder.spans()).toMatchObject([{ name: 'StockController.look', attributes: {} }]);
  expect(seed).not.toHaveBeenCalled();
});

it('a request without a server span has the one around its handler', async () => {
  const { app } = await start();
  await app.get('/stock');
  expect((await app.recorder.waitFor('process show')).attributes).toEqual({
    ...MARK,
    'code.function.name': 'StockController.show',
    'flow.type': 'http',
    looks: 1,
    'stock.id': '7',
  });
});
