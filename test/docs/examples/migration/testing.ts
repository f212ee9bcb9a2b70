// #region testing
import { Test } from '@nestjs/testing';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { expect, it } from 'vitest';
import { OrdersService } from './drop-in.js';

it('makes a span for each order', async () => {
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot()],
    providers: [OrdersService],
  }).compile();

  module.get(OrdersService).find('42');

  expect(module.get(SpanRecorder).tree()).toEqual([{ name: 'OrdersService.find', children: [] }]);
});
// #endregion
