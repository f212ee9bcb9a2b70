// 50,000 spans in one tick: all delivered with the default byte cap.
import { assert, assertIdentity, endSpan, startApp, startReceiver, withStall } from '../lab.mjs';

const SPANS = 50_000;

export async function run({ figure }) {
  for (const kind of ['grpc', 'http']) {
    const receiver = await startReceiver(kind);
    const { manager, sink, close } = await startApp({ exporter: receiver.exporter });
    for (let index = 0; index < 600; index++) endSpan(manager);
    await manager.forceFlush();
    const begin = performance.now();
    for (let index = 0; index < SPANS; index++) endSpan(manager);
    const tick = performance.now() - begin;
    const queued = sink().queuedSpans;
    assertIdentity(sink());
    const [, stall] = await withStall(() => manager.forceFlush());
    const status = sink();
    const { unique, duplicates, largest } = await receiver.stats();
    figure(
      kind,
      `delivered ${status.delivered - 600} of ${SPANS}, the tick itself ${tick.toFixed(0)} ms, stall while sending ${stall.toFixed(1)} ms, largest request ${(largest / 1024).toFixed(0)} KiB`,
    );
    assertIdentity(status);
    assert(queued === SPANS, `${queued} queued`);
    assert(unique === SPANS + 600 && duplicates === 0, `${unique} arrived, ${duplicates} doubled`);
    assert(largest <= 1024 * 1024 + 4096, 'a request was above its byte bound');
    await close();
    receiver.stop();
  }
}
