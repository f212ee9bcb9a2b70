// A second up, a second down, for a minute at 1,000 spans/s: nothing lost.
import { assert, assertIdentity, endSpan, pace, sleep, startApp, startReceiver, waitFor } from '../lab.mjs';

export async function run({ short, figure }) {
  for (const kind of ['grpc', 'http']) {
    const receiver = await startReceiver(kind);
    const { manager, sink, lines, close } = await startApp({
      exporter: receiver.exporter,
      batch: { scheduledDelayMillis: 500 },
    });
    const load = pace(1_000, () => endSpan(manager));
    const cuts = short ? 3 : 30;
    for (let cut = 0; cut < cuts; cut++) {
      await sleep(1_000);
      await receiver.down();
      await sleep(1_000);
      await receiver.up();
    }
    load.stop();
    await waitFor(() => sink().breaker === 'closed', 10_000, 'the return');
    await manager.forceFlush();
    const status = sink();
    const { unique, duplicates } = await receiver.stats();
    figure(
      kind,
      `lost ${status.ended - unique} of ${status.ended}, doubled ${duplicates} in ${cuts} cuts, retries ${status.retries}, log lines ${lines.length}`,
    );
    assertIdentity(status);
    assert(unique === status.ended && status.delivered === status.ended, 'spans were lost');
    assert(duplicates <= cuts * 4 * 512, 'more was doubled than was in flight');
    assert(lines.length <= 8, lines.join('\n'));
    await close();
    receiver.stop();
  }
}
