import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { expect, it, vi } from 'vitest';
import { Span } from '../../src/index.js';
import { startApp } from '../support/test-app.js';

/** A call of a library, and the name of its span. */
export interface SituatedCall {
  readonly name: string;
  call(): Promise<unknown>;
}

const AT_ONCE = 200;

/** Tests that a library's calls are children of the method, the request and the job that makes each. */
export function testSituations(open: () => Promise<SituatedCall>): void {
  let made: SituatedCall;

  @Injectable()
  class Stock {
    @Span('Stock.take')
    async take(): Promise<void> {
      await made.call();
    }
  }

  @Controller()
  class StockController {
    constructor(@Inject(Stock) private readonly stock: Stock) {}

    @Get('method')
    method(): Promise<void> {
      return this.stock.take();
    }

    /** As a resolver does it: two fields ask, the loader's batch makes one call for both. */
    @Get('loader')
    async loader(): Promise<void> {
      const loader = new DataLoader(async (ids: readonly number[]) => {
        await made.call();
        return ids;
      });
      await Promise.all([loader.load(1), loader.load(2)]);
    }
  }

  @Processor('packing')
  class Packer extends WorkerHost {
    async process(): Promise<void> {
      await made.call();
    }
  }

  /** Names of the parents of all calls, each with the number of calls below one such parent. */
  async function parentsOf(
    run: (app: Awaited<ReturnType<typeof startApp>>) => Promise<unknown>[],
  ): Promise<string[]> {
    made = await open();
    const app = await startApp({
      telemetry: { clients: { folding: false } },
      controllers: [StockController],
      providers: [Stock, Packer],
    });
    const work = run(app);
    await Promise.all(work);
    const spans = await vi.waitFor(() => {
      const all = app.recorder.spans();
      expect(all.filter(({ name, kind }) => name === made.name && kind === 2)).toHaveLength(work.length);
      expect(all.filter(({ kind }) => kind === 1 || kind === 4)).toHaveLength(work.length);
      return all;
    });
    const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
    const calls = new Map<string, number>();
    for (const { name, kind, parentSpanContext } of spans) {
      if (name !== made.name || kind !== 2) continue;
      const parent = parentSpanContext?.spanId ?? '';
      calls.set(parent, (calls.get(parent) ?? 0) + 1);
    }
    return [...calls].map(([id, count]) => `${names.get(id)} ${count}`);
  }

  const each = (parent: string): string[] => Array.from({ length: AT_ONCE }, () => `${parent} 1`);

  it(`are children of the method with a span, in ${AT_ONCE} requests at once`, async () => {
    const parents = await parentsOf((app) => Array.from({ length: AT_ONCE }, () => app.get('/method')));
    expect(parents).toEqual(each('Stock.take'));
  });

  it(`of a loader's batch are children of the request that asks, in ${AT_ONCE} requests at once`, async () => {
    const parents = await parentsOf((app) => Array.from({ length: AT_ONCE }, () => app.get('/loader')));
    expect(parents).toEqual(each('GET /loader'));
  });

  it(`are children of the job that makes them, in ${AT_ONCE} jobs at once`, async () => {
    const job = (id: number) => ({ id: String(id), name: 'pack', queueName: 'packing', opts: {}, data: {} });
    const parents = await parentsOf(({ app }) =>
      Array.from({ length: AT_ONCE }, (_, id) =>
        (app.get(Packer).process as (job: unknown) => Promise<unknown>)(job(id)),
      ),
    );
    expect(parents).toEqual(each('process packing'));
  });
}
