import { Controller } from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Transport, type ClientProxy } from '@nestjs/microservices';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { SpanRecorder } from '../../src/testing/index.js';
import { freePort } from '../support/free-port.js';
import { startApp } from '../support/test-app.js';

@Controller()
class StockController {
  @MessagePattern('value')
  value(): number {
    return 1;
  }

  @MessagePattern('promise')
  async promise(): Promise<number> {
    await Promise.resolve();
    return 1;
  }

  @MessagePattern('stream')
  stream(): Observable<number> {
    return from([1, 2]);
  }
}

it.each([
  ['value', 1],
  ['promise', 1],
  ['stream', 2],
])('the span of a request is open until its last answer is written: %s', async (pattern, values) => {
  const tcp = { port: await freePort(), host: '127.0.0.1' };
  const ended: number[] = [];
  const started = await startApp({
    telemetry: {},
    controllers: [StockController],
    providers: [
      {
        provide: 'STOCK',
        useFactory: () => ClientProxyFactory.create({ transport: Transport.TCP, options: tcp }),
      },
    ],
    setup: async (nest) => {
      const serializer = {
        serialize(packet: unknown): unknown {
          ended.push(nest.get(SpanRecorder, { strict: false }).spans().length);
          return packet;
        },
      };
      nest.connectMicroservice({ transport: Transport.TCP, options: { ...tcp, serializer } });
      await nest.startAllMicroservices();
    },
  });
  const client = started.app.get<ClientProxy>('STOCK');
  await lastValueFrom(client.send(pattern, {}));
  client.close();
  await started.close();
  expect(Math.max(...ended)).toBe(0);
  expect(ended.length).toBeGreaterThanOrEqual(values);
  expect(started.recorder.spans().map(({ name }) => name)).toEqual([pattern, pattern]);
});
