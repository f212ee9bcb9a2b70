// Refused for 60 s at 2,000 spans/s: memory within the cap, CPU at most 1.2 times a healthy
// run, every drop counted.
import {
  assert,
  assertIdentity,
  droppedOf,
  endSpan,
  memory,
  pace,
  sleep,
  startApp,
  startReceiver,
  waitFor,
  withCpu,
} from '../lab.mjs';

const RATE = 2_000;

export async function run({ short, figure }) {
  const maxQueueSize = short ? 8_192 : 65_536;
  for (const kind of short ? ['grpc'] : ['grpc', 'http']) {
    const receiver = await startReceiver(kind);
    const { manager, sink, lines, close } = await startApp({
      exporter: receiver.exporter,
      batch: { maxQueueSize },
    });
    const load = pace(RATE, () => endSpan(manager));
    await sleep(short ? 1_000 : 5_000);
    const healthy = await withCpu(() => sleep(short ? 3_000 : 20_000));
    await receiver.down();
    await waitFor(() => sink().breaker !== 'closed', 10_000, 'the breaker');
    const before = memory();
    const dead = await withCpu(async () => {
      const end = performance.now() + (short ? 8_000 : 60_000);
      while (performance.now() < end) {
        await sleep(1_000);
        assertIdentity(sink());
      }
    });
    const peak = memory();
    const queue = sink();
    assert(
      queue.queuedSpans <= maxQueueSize && queue.queuedBytes <= 64 * 2 ** 20,
      'the queue is over its limits',
    );
    await receiver.up();
    await waitFor(() => sink().breaker === 'closed', 10_000, 'the return');
    const ended = load.stop();
    await manager.forceFlush();
    const status = sink();
    const { unique } = await receiver.stats();
    figure(
      kind,
      `CPU ${dead.toFixed(1)} against ${healthy.toFixed(1)} ms/s healthy (${(dead / healthy).toFixed(2)}×), held ${(peak.held - before.held).toFixed(1)} MiB more for ${(queue.queuedBytes / 2 ** 20).toFixed(1)} MiB queued, dropped ${droppedOf(status)} of ${ended}, log lines ${lines.length}`,
    );
    assertIdentity(status);
    assert(status.ended === ended && unique === ended - droppedOf(status), 'the drop count is not exact');
    assert(short || droppedOf(status) > 0, 'the row is too easy');
    assert(dead <= healthy * 1.2, 'a dead collector costs too much CPU');
    assert(
      peak.held - before.held < (queue.queuedBytes / 2 ** 20) * 1.3 + 12,
      'more memory than the queue accounts for',
    );
    await close();
    receiver.stop();
  }
}
