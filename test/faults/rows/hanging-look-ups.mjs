// A client names thousands of tenants whose look-up never ends: what waits is bounded and counted, and a
// known tenant is served meanwhile.
import { assert, assertIdentity, droppedOf, endSpan, memory, startApp, startReceiver } from '../lab.mjs';

const SPANS = 1_000;
const BYTES = 4 * 1024 * 1024;

export async function run({ short, figure }) {
  const receiver = await startReceiver('grpc');
  const { manager, spans, close } = await startApp({
    exporter: receiver.exporter,
    metrics: false,
    batch: { maxQueueSize: SPANS, maxQueueBytes: BYTES, exportTimeoutMillis: 500 },
    tenants: {
      config: (key) =>
        key === 'known' ? { resourceAttributes: { 'tenant.id': key } } : new Promise(() => {}),
    },
  });
  manager.withTenant('known', () => endSpan(manager));
  await manager.forceFlush();
  const before = memory();
  const flood = short ? 20_000 : 200_000;
  let [most, mostBytes] = [0, 0];
  for (let index = 0; index < flood; index++) {
    manager.withTenant(`t${index % 400}`, () => endSpan(manager, { body: `${index}`.repeat(500) }));
    if (index % 500 !== 0) continue;
    await new Promise(setImmediate);
    assertIdentity(spans());
    most = Math.max(most, spans().queued);
    const held = manager.status().exporters.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0);
    mostBytes = Math.max(mostBytes, held);
  }
  const grown = memory().held - before.held;
  for (let index = 0; index < 100; index++) manager.withTenant('known', () => endSpan(manager));
  const begun = performance.now();
  await manager.forceFlush();
  const flush = performance.now() - begun;
  const { known = 0 } = await receiver.tenants();
  figure('waiting', `${most} spans, ${(mostBytes / 2 ** 20).toFixed(1)} MiB at most`);
  figure('heap', `+${grown.toFixed(0)} MiB`);
  figure('dropped', `${droppedOf(spans())} of ${flood}`);
  figure('flush', `${flush.toFixed(0)} ms`);
  assert(most > 0 && most <= SPANS && mostBytes <= BYTES, 'more waited than a queue would hold');
  assert(grown < 24, `the heap grew by ${grown.toFixed(0)} MiB`);
  assert(known === 101, `${101 - known} spans of the known tenant were lost`);
  assert(flush < 2_000, `a flush took ${flush.toFixed(0)} ms`);
  await close();
  const end = spans();
  assertIdentity(end);
  assert(end.queued === 0 && end.ended === flood + 101, JSON.stringify(end));
  receiver.stop();
}
