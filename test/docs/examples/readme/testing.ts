import { Test } from '@nestjs/testing';
import { recordSpans } from 'nestjs-telemetry/testing';
import { expect, it } from 'vitest';
import { AppModule } from './instances.js';

// #region testing
it('quotes an invoice within the request', async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const app = await module.createNestApplication().listen(0);
  const spans = await recordSpans(module);

  await fetch(`http://localhost:${app.address().port}/orders`);

  await spans.waitFor('GET /orders');
  expect(spans.tree()).toEqual([
    { name: 'GET /orders', children: [{ name: 'InvoicesService.quote', children: [] }] },
  ]);
  await module.close();
});
// #endregion
