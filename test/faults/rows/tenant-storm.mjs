// 10,000 tenants, one of them flooding a queue that is too small for it: no loss for the others.
import { assert, droppedOf, endSpan, sleep, startApp, startReceiver, waitFor } from '../lab.mjs';

export async function run({ short, figure }) {
  const tenants = short ? 2_000 : 10_000;
  const receiver = await startReceiver('grpc');
  const { manager, spans, close } = await startApp({
    exporter: receiver.exporter,
    batch: { maxQueueSize: 30_000, scheduledDelayMillis: 200 },
    tenants: { config: (key) => ({ resourceAttributes: { 'tenant.id': key } }), maxActive: 200 },
  });
  // While the receiver is away, the flood fills the queue.
  await receiver.down();
  let flooded = 0;
  let calm = 0;
  const begun = performance.now();
  for (let tenant = 0; tenant < tenants; tenant++) {
    manager.withTenant('flood', () => {
      for (let index = 0; index < 20; index++, flooded++) endSpan(manager);
    });
    manager.withTenant(`t${tenant}`, () => {
      endSpan(manager);
      endSpan(manager);
      calm += 2;
    });
    if (tenant % 10 === 9) await sleep(1);
  }
  const seconds = (performance.now() - begun) / 1000;
  const full = spans();
  await receiver.up();
  await waitFor(() => manager.status().exporters[0].breaker === 'closed', 10_000, 'the return');
  await manager.forceFlush();
  const status = spans();
  const counts = await receiver.tenants();
  const { flood = 0, ...others } = counts;
  const arrived = Object.values(others).reduce((sum, count) => sum + count, 0);
  figure('others', `lost ${calm - arrived} of ${calm} spans of ${tenants} tenants`);
  figure('flood', `${flooded - flood} of ${flooded} dropped, in ${seconds.toFixed(1)} s`);
  assert(status.ended === status.delivered + droppedOf(status) + status.queued, JSON.stringify(status));
  assert(droppedOf(full) > 0, 'the flood did not fill the queue');
  assert(arrived === calm, `${calm - arrived} spans of calm tenants were lost: ${JSON.stringify(status)}`);
  await close();
  receiver.stop();
}
