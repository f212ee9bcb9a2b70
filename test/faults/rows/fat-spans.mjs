// 512 spans of 12 kB, then of 120 kB: a receiver with the default limit of 4 MiB gets them all.
import { assert, assertIdentity, endSpan, startApp, startReceiver, withStall } from '../lab.mjs';

export async function run({ figure }) {
  for (const size of [12_000, 120_000]) {
    const receiver = await startReceiver('grpc');
    const { manager, sink, close } = await startApp({ exporter: receiver.exporter });
    const body = 'x'.repeat(size / 6);
    const attributes = { a: body, b: body, c: body, d: body, e: body, f: body };
    for (let index = 0; index < 600; index++) endSpan(manager);
    await manager.forceFlush();
    // As a busy app ends them: a few in each turn of the loop.
    const [, stall] = await withStall(async () => {
      for (let index = 0; index < 512; index++) {
        endSpan(manager, attributes);
        if (index % 8 === 7) await new Promise(setImmediate);
      }
      await manager.forceFlush();
    });
    const status = sink();
    const { unique, largest } = await receiver.stats();
    figure(
      `${size / 1000} kB`,
      `delivered ${status.delivered - 600} of 512, stall ${stall.toFixed(1)} ms, largest request ${(largest / 1024).toFixed(0)} KiB`,
    );
    assertIdentity(status);
    assert(unique === 1112, `${unique - 600} arrived`);
    assert(largest <= 1024 * 1024 + 4096, 'a request was above its byte bound');
    await close();
    receiver.stop();
  }
}
