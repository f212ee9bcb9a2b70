// The collector goes away for 5 s at 500 spans/s: nothing lost, and it goes on within 2 s.
import { assert, assertIdentity, endSpan, pace, sleep, startApp, startReceiver, waitFor } from '../lab.mjs';

export async function run({ short, figure }) {
  for (const kind of ['grpc', 'http']) {
    const receiver = await startReceiver(kind);
    const { manager, sink, close, lines } = await startApp({
      exporter: receiver.exporter,
      batch: { scheduledDelayMillis: 500 },
    });
    const load = pace(500, () => endSpan(manager));
    await sleep(short ? 700 : 2_000);
    const inFlight = sink().inFlightSpans;
    await receiver.down();
    await sleep(short ? 2_000 : 5_000);
    await receiver.up();
    const back = Date.now();
    await waitFor(async () => (await receiver.stats()).firstAckAt > 0, 10_000, 'a delivery after the return');
    const resumed = (await receiver.stats()).firstAckAt - back;
    await sleep(500);
    load.stop();
    await manager.forceFlush();
    const status = sink();
    const { unique, duplicates } = await receiver.stats();
    figure(
      kind,
      `lost ${status.ended - unique} of ${status.ended}, doubled ${duplicates}, resumed after ${resumed} ms, log lines ${lines.length}`,
    );
    assertIdentity(status);
    assert(status.delivered === status.ended && unique === status.ended, 'spans were lost');
    assert(duplicates <= Math.max(inFlight, 4 * 512), 'more was doubled than was in flight');
    assert(resumed < 2_000, 'it took too long to go on');
    assert(lines.length <= 4, lines.join('\n'));
    await close();
    receiver.stop();
  }
}
