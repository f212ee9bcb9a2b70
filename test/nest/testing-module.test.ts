import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { Span } from '../../src/index.js';
import { SpanRecorder, TelemetryTestingModule } from '../../src/testing/index.js';
import { collectGarbage } from '../support/collect-garbage.js';

@Injectable()
class Orders {
  @Span()
  find(id: number): number {
    return id;
  }
}

/** Imported by every app of this file, as a constant of a test file is. */
@Module({ imports: [TelemetryTestingModule.forRoot()], providers: [Orders] })
class AppModule {}

/** What an app's recorder has after `calls`, and the app's provider. */
async function run(calls: number): Promise<{ names: string[]; orders: WeakRef<Orders> }> {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const orders = module.get(Orders);
  for (let call = 0; call < calls; call += 1) orders.find(call);
  const names = module
    .get(SpanRecorder, { strict: false })
    .spans()
    .map(({ name }) => name);
  await module.close();
  return { names, orders: new WeakRef(orders) };
}

describe('a module that many testing apps import', () => {
  it('has a recorder for each app, one after the other and at once', async () => {
    const one = await run(1);
    const [two, three] = await Promise.all([run(2), run(3)]);
    expect([one, two, three].map(({ names }) => names.length)).toEqual([1, 2, 3]);
  });

  it('keeps no closed app', async () => {
    const { orders } = await run(1);
    // Nest itself keeps the last one.
    await run(1);
    await expect
      .poll(() => {
        collectGarbage();
        return orders.deref() === undefined;
      })
      .toBe(true);
  });
});
