import type { AddressInfo, Server } from 'node:net';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  Post,
  UsePipes,
  ValidationPipe,
  type INestApplication,
} from '@nestjs/common';
import { ExternalContextCreator, ModuleRef, NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import {
  ClientProxyFactory,
  MessagePattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { Cron, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { ApiOkResponse, ApiOperation, ApiProperty, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { Type as TransformTo } from 'class-transformer';
import { IsInt, IsString } from 'class-validator';
import knexFactory from 'knex';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Span, SpanAttribute, Traceable, TracerManager } from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { startApp, type TestApp } from '../support/test-app.js';

class OrderDto {
  @ApiProperty()
  @IsString()
  item!: string;

  @ApiProperty()
  @IsInt()
  @TransformTo(() => Number)
  count!: number;
}

const untouched: MethodDecorator = () => {};

function ordersController(decorator: MethodDecorator): new () => object {
  @Controller('orders')
  class OrdersController {
    @ApiOperation({ summary: 'Places an order' })
    @Post()
    @decorator
    @ApiOkResponse({ type: OrderDto })
    @UsePipes(new ValidationPipe({ transform: true }))
    place(@Body() order: OrderDto): OrderDto & { dto: boolean } {
      return Object.assign(order, { dto: order instanceof OrderDto });
    }

    @decorator
    @Get(':id')
    find(@Param('id') id: string): string {
      return id;
    }
  }
  return OrdersController;
}

describe('on a controller', () => {
  it('keeps parameter decorators, validation and transformation', async () => {
    const app = await startApp({ controllers: [ordersController(Span())] });
    const placed = await post(app, { item: 'tea', count: '3' });
    expect([placed.status, JSON.parse(placed.body)]).toEqual([201, { item: 'tea', count: 3, dto: true }]);
    expect((await post(app, { item: 'tea', count: 'many' })).status).toBe(400);
    expect((await app.get('/orders/7')).body).toBe('7');
    await app.recorder.waitFor('GET /orders/:id');
    // A pipe's refusal comes before the method.
    expect(app.recorder.spans().map(({ name }) => name)).toEqual([
      'OrdersController.place',
      'POST /orders',
      'POST /orders',
      'OrdersController.find',
      'GET /orders/:id',
    ]);
  });

  it('leaves the OpenAPI document as it is', async () => {
    const documents = await Promise.all(
      [Span(), untouched].map(async (decorator) => {
        const { app } = await startApp({ controllers: [ordersController(decorator)] });
        return SwaggerModule.createDocument(app, new DocumentBuilder().build());
      }),
    );
    expect(documents[0]).toEqual(documents[1]);
    expect(Object.keys(documents[0]!.paths)).toEqual(['/orders', '/orders/{id}']);
  });

  function post(app: TestApp, body: object): ReturnType<TestApp['send']> {
    return app.send({
      method: 'POST',
      path: '/orders',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
});

it('traces a message handler', async () => {
  @Controller()
  class SumController {
    @MessagePattern('sum')
    @Span()
    sum(@Payload() numbers: number[]): number {
      return numbers.reduce((a, b) => a + b, 0);
    }
  }
  const { app, recorder } = await startApp({ controllers: [SumController] });
  const service = app.connectMicroservice<MicroserviceOptions>({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: 0 },
  });
  await app.startAllMicroservices();
  const { port } = service.unwrap<Server>().address() as AddressInfo;
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  onTestFinished(() => client.close());
  expect(await firstValueFrom(client.send('sum', [1, 2, 3]))).toBe(6);
  await recorder.waitFor('SumController.sum');
});

describe('on methods that a library calls outside of requests', () => {
  @Injectable()
  class Jobs {
    readonly done: string[] = [];

    @Cron('0 0 1 1 *', { name: 'nightly' })
    @Span()
    nightly(): void {
      this.done.push('nightly');
    }

    @Span('order.shipped handler')
    @OnEvent('order.shipped')
    shipped(order: string): void {
      this.done.push(order);
    }
  }

  it('traces @Cron and @OnEvent methods, whichever decorator is above', async () => {
    const { app, recorder } = await startApp({
      imports: [ScheduleModule.forRoot(), EventEmitterModule.forRoot()],
      providers: [Jobs],
    });
    await app.get(SchedulerRegistry).getCronJob('nightly').fireOnTick();
    await app.get(EventEmitter2).emitAsync('order.shipped', 'tea');
    expect(app.get(Jobs).done).toEqual(['nightly', 'tea']);
    expect(recorder.tree()).toEqual([
      { name: 'Jobs.nightly', children: [{ name: 'Jobs.nightly', children: [] }] },
      { name: 'on order.shipped', children: [{ name: 'order.shipped handler', children: [] }] },
    ]);
  });

  it('finds the root module’s instance from a module that imports none', async () => {
    class FeatureModule {}
    Module({ providers: [Jobs] })(FeatureModule);
    const { app, recorder } = await startApp({
      imports: [EventEmitterModule.forRoot(), ScheduleModule.forRoot(), FeatureModule],
      telemetry: { isGlobal: false },
    });
    await app.get(EventEmitter2).emitAsync('order.shipped', 'tea');
    expect(recorder.tree()).toEqual([
      { name: 'on order.shipped', children: [{ name: 'order.shipped handler', children: [] }] },
    ]);
  });
});

it('traces resolvers, which are called through an external context', async () => {
  @Traceable()
  @Injectable()
  class OrdersResolver {
    order(@SpanAttribute('order.id') id: string): string {
      return `order ${id}`;
    }
  }
  const { app, recorder } = await startApp({ providers: [OrdersResolver] });
  const resolver = app.get(OrdersResolver);
  const call = app.get(ExternalContextCreator).create(resolver, resolver.order as () => unknown, 'order');
  expect(await call('7')).toBe('order 7');
  expect(recorder.span('OrdersResolver.order').attributes).toEqual({ 'order.id': '7' });
});

it('hands a Knex builder through without running it, its span being open until it runs', async () => {
  const knex = knexFactory({ client: 'pg' });
  const queries: string[] = [];
  knex.on('start', (builder) => queries.push(String(builder)));
  @Injectable()
  class Orders {
    @Span()
    open() {
      return knex('orders').where({ state: 'open' });
    }
  }
  const { app, recorder } = await startApp({ providers: [Orders] });
  const query = app.get(Orders).open().limit(3);
  expect(query.toSQL().sql).toBe('select * from "orders" where "state" = ? limit ?');
  expect([recorder.tree(), queries]).toEqual([[], []]);
});

describe('where Nest does not inject', () => {
  class Plain {
    @Span()
    work(): string {
      return 'done';
    }
  }

  it('a plain object takes the instance of the active flow', async () => {
    const { app, recorder } = await startApp({
      providers: [{ provide: Plain, useFactory: () => new Plain() }],
    });
    expect(app.get(Plain).work()).toBe('done');
    expect(recorder.spans()).toEqual([]);
    app.get(TracerManager).withSpan('flow', () => new Plain().work());
    expect(recorder.tree()).toEqual([{ name: 'flow', children: [{ name: 'Plain.work', children: [] }] }]);
  });

  it('a plain object in a request takes the instance of the request', async () => {
    @Controller()
    class PlainController {
      @Get()
      get(): string {
        return new Plain().work();
      }
    }
    const app = await startApp({ controllers: [PlainController] });
    expect((await app.get('/')).body).toBe('done');
    await app.recorder.waitFor('GET /');
    expect(app.recorder.tree()).toEqual([
      { name: 'GET /', children: [{ name: 'Plain.work', children: [] }] },
    ]);
  });

  it('a method in a constructor runs as it is', async () => {
    class Eager {
      readonly result = this.work();

      @Span()
      work(): string {
        return 'done';
      }
    }
    const { app, recorder } = await startApp({ providers: [Eager] });
    expect([app.get(Eager).result, recorder.spans()]).toEqual(['done', []]);
  });

  it('a static method belongs to the active flow', async () => {
    class Statics {
      @Span()
      static work(): string {
        return 'done';
      }
    }
    const { app, recorder } = await startApp({ providers: [] });
    expect(Statics.work()).toBe('done');
    app.get(TracerManager).withSpan('flow', () => Statics.work());
    expect(recorder.span('Statics.work').parentSpanContext?.spanId).toBe(
      recorder.span('flow').spanContext().spanId,
    );
  });

  it('a frozen instance boots, and its methods run', async () => {
    class Frozen {
      constructor() {
        Object.freeze(this);
      }

      @Span()
      work(): string {
        return 'done';
      }
    }
    const { app } = await startApp({ providers: [Frozen] });
    expect(app.get(Frozen).work()).toBe('done');
  });

  it('instances stay equal to those of plain new, and show no property of ours', async () => {
    const { app } = await startApp({ providers: [Plain] });
    expect(app.get(Plain)).toStrictEqual(new Plain());
  });
});

it('traces what ModuleRef creates', async () => {
  class Created {
    @Span()
    work(): string {
      return 'done';
    }
  }
  const { app, recorder } = await startApp({ providers: [] });
  expect((await app.get(ModuleRef).create(Created)).work()).toBe('done');
  expect(recorder.tree()).toEqual([{ name: 'Created.work', children: [] }]);
});

it('runs the plain method in an app without telemetry', async () => {
  class Service {
    @Span()
    work(): string {
      return 'done';
    }
  }
  class AppModule {}
  Module({ providers: [Service] })(AppModule);
  const app: INestApplication = await NestFactory.create(AppModule, { logger: false });
  onTestFinished(() => app.close());
  expect(app.get(Service).work()).toBe('done');
  expect(() => app.get(SpanRecorder)).toThrow();
});

it('runs the plain method where a test mocks whatever is missing', async () => {
  class Service {
    @Span()
    work(): string {
      return 'done';
    }
  }
  const module = await Test.createTestingModule({ providers: [Service] })
    .useMocker(() => ({ isEnabled: () => true }))
    .compile();
  expect(module.get(Service).work()).toBe('done');
});

it.each(['getter', 'field'])('says at once that it cannot be on a %s', (name) => {
  // What TypeScript hands to the decorator of a field.
  const descriptor = name === 'getter' ? { get: () => 1 } : undefined;
  class Holder {}
  expect(() => {
    Span()(Holder.prototype, name, descriptor as PropertyDescriptor);
  }).toThrow(`Expected \`@Span\` to be on a method, got \`Holder.${name}\``);
});
