// The receiver answers after 1.5 s: forceFlush resolves after the acknowledgement, not before.
import { assert, assertIdentity, endSpan, startApp, startReceiver, waitFor } from '../lab.mjs';

export async function run({ figure }) {
  for (const kind of ['grpc', 'http']) {
    const receiver = await startReceiver(kind);
    await receiver.delay(1_500);
    const { manager, sink, close } = await startApp({
      exporter: receiver.exporter,
      batch: { maxExportBatchSize: 10 },
    });
    const begun = performance.now();
    for (let index = 0; index < 10; index++) endSpan(manager);
    await waitFor(() => sink().inFlightSpans === 10, 1_000, 'the export');
    await manager.forceFlush();
    const took = performance.now() - begun;
    figure(kind, `flushed after ${took.toFixed(0)} ms`);
    assertIdentity(sink());
    assert(
      sink().delivered === 10 && (await receiver.stats()).unique === 10,
      'flushed before the acknowledgement',
    );
    assert(took >= 1_490, 'too early');
    await close();
    receiver.stop();
  }
}
