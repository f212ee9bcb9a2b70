import 'reflect-metadata';
import { deepStrictEqual } from 'node:assert/strict';
import { Test } from '@nestjs/testing';
import { Span } from 'nestjs-telemetry';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { AppModule } from './app.module.js';

// The globals of Jest, whose types this app needs for nothing else.
declare const it: (name: string, body: () => Promise<void>) => void;

class StockService {
  @Span()
  count(): number {
    return 12;
  }
}

it('records the span of a method', async () => {
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot()],
    providers: [StockService],
  }).compile();
  module.get(StockService).count();
  deepStrictEqual(module.get(SpanRecorder).tree(), [{ name: 'StockService.count', children: [] }]);
  await module.close();
});

it('exports the trace of a request', async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const app = module.createNestApplication();
  await app.listen(0, '127.0.0.1');
  const response = await fetch(`${await app.getUrl()}/hello/42`);
  deepStrictEqual(await response.text(), 'hello 42');
  await app.close();
});
