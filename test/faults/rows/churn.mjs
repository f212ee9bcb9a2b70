// 1,000 reconfigurations at 1,000 requests/s: nothing lost, no handle and no heap left behind.
import { assert, droppedOf, memory, sleep, startLoad, startReceiver, startServer, waitFor } from '../lab.mjs';

export async function run({ short, figure }) {
  const receiver = await startReceiver('grpc');
  const { manager, url, spans, close } = await startServer({ exporter: receiver.exporter });
  const warm = await startLoad(`${url}/orders/:id`, 300);
  for (let index = 0; index < 100; index++) await change(manager, receiver, index);
  await warm();
  await settled(manager);
  const handles = process.getActiveResourcesInfo().length;
  const before = memory();

  const rate = short ? 300 : 1_000;
  const changes = short ? 200 : 1_000;
  const stop = await startLoad(`${url}/orders/:id`, rate);
  await sleep(300);
  const begun = performance.now();
  for (let index = 0; index < changes; index++) {
    await change(manager, receiver, index);
    await sleep(short ? 2 : 10);
  }
  const seconds = (performance.now() - begun) / 1000;
  const { sent, answered, statuses } = await stop();
  await settled(manager);
  const after = memory();
  const grown = process.getActiveResourcesInfo().length - handles;
  const status = spans();
  const { unique, duplicates } = await receiver.stats();
  figure('lost', `${status.ended - unique} of ${status.ended} spans`);
  figure('requests', `${answered} in ${seconds.toFixed(1)} s and ${changes} changes`);
  figure('heap', `${(after.heap - before.heap).toFixed(1)} MiB more`);
  figure('handles', `${grown} more`);
  assert(sent === answered && statuses[200] === sent, `requests failed: ${JSON.stringify(statuses)}`);
  assert(status.ended === status.delivered + droppedOf(status) + status.queued, JSON.stringify(status));
  assert(unique === status.ended && duplicates === 0 && droppedOf(status) === 0, JSON.stringify(status));
  assert(grown <= 4, `${grown} handles were left behind`);
  assert(after.heap - before.heap < 8, `${(after.heap - before.heap).toFixed(1)} MiB were left behind`);
  await close();
  receiver.stop();
}

/** Sampler, resource, batch and, every tenth time, credentials, which need a connection of their own. */
function change(manager, { exporter }, index) {
  return manager.reconfigure({
    sampler: index % 2 === 0 ? 1 : { type: 'always-on' },
    resourceAttributes: { 'deployment.revision': String(index) },
    ...(index % 10 === 0 && { exporter: { ...exporter, headers: { 'x-api-key': `key-${index}` } } }),
  });
}

async function settled(manager) {
  await manager.forceFlush();
  await waitFor(() => manager.status().drainingGenerations === 0, 10_000, 'the end of draining');
  await waitFor(() => manager.status().exporters.length === 1, 10_000, 'the closing of replaced exporters');
  await sleep(300);
}
