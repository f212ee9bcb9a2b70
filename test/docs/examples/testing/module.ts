import { Controller, Get, Injectable, NotFoundException, Param } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Span, TelemetryModule } from 'nestjs-telemetry';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { SpanStatusCode } from '@opentelemetry/api';
import { expect, it } from 'vitest';

@Injectable()
class StockService {
  @Span()
  async count(item: string): Promise<number> {
    if (item === 'unicorn') throw new NotFoundException('no such item');
    if (item === 'ghost') throw new Error('the stock system is away');
    return Promise.resolve(3);
  }
}

@Controller('stock')
class StockController {
  constructor(private readonly stock: StockService) {}

  @Get(':item')
  async find(@Param('item') item: string): Promise<number> {
    return this.stock.count(item);
  }
}

// #region service
it('marks the span of a failed look-up', async () => {
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot()],
    providers: [StockService],
  }).compile();
  const spans = module.get(SpanRecorder);

  await expect(module.get(StockService).count('ghost')).rejects.toThrow('away');

  const { status, attributes } = spans.span('StockService.count');
  expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'the stock system is away' });
  expect(attributes['error.type']).toBe('Error');
});
// #endregion

// #region wait-for
it('traces the route and the service below it', async () => {
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot()],
    controllers: [StockController],
    providers: [StockService],
  }).compile();
  const app = module.createNestApplication();
  await app.listen(0);

  await fetch(`${await app.getUrl()}/stock/teapot`);

  const spans = module.get(SpanRecorder);
  const server = await spans.waitFor('GET /stock/:item');
  expect(server.attributes['http.response.status_code']).toBe(200);
  expect(spans.tree()).toEqual([
    { name: 'GET /stock/:item', children: [{ name: 'StockService.count', children: [] }] },
  ]);
  await app.close();
});
// #endregion

// #region exporter
it('takes the recorder as any exporter', async () => {
  const recorder = new SpanRecorder();
  const module = await Test.createTestingModule({
    imports: [TelemetryModule.forRoot({ service: { name: 'stock' }, exporter: recorder })],
    providers: [StockService],
  }).compile();

  await module.get(StockService).count('teapot');

  expect(recorder.span('StockService.count').resource.attributes['service.name']).toBe('stock');
});
// #endregion
