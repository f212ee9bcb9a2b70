// Tenants beyond `maxActive`, each with an exporter of its own: with a silent receiver connections stay
// bounded, with a healthy one nothing is lost.
import { assert, assertIdentity, droppedOf, endSpan, sleep, startApp, startReceiver } from '../lab.mjs';

const MAX_ACTIVE = 10;
/** Active tenants, evicted ones that are being closed, and what opens and closes at this moment. */
const MOST = MAX_ACTIVE + 64 + 26;

export async function run({ short, figure }) {
  const tenants = short ? 600 : 1_000;
  const silent = await startReceiver('blackhole');
  const away = await evict(silent.url, short ? 3_000 : 10_000, 20);
  figure('silent', `${away.exporters} exporters, ${away.sockets} sockets of ${away.tenants} tenants`);
  assert(away.exporters <= MOST && away.sockets <= MOST, 'the connections of evicted tenants pile up');
  assert(away.end.dropped.shutdown === away.tenants, JSON.stringify(away.end));
  silent.stop();
  const healthy = await startReceiver('http');
  const burst = await evict(healthy.url, tenants, tenants);
  const { unique } = await healthy.stats();
  figure('healthy', `lost ${tenants - unique} of ${tenants} tenants' spans, ${burst.sockets} sockets`);
  assert(unique === tenants && droppedOf(burst.end) === 0, JSON.stringify(burst.end));
  healthy.stop();
}

/** Ends one span for each tenant, so many in one turn of the event loop. */
async function evict(url, tenants, perTurn) {
  const { manager, spans, close } = await startApp({
    metrics: false,
    exporter: { type: 'none' },
    tenants: {
      maxActive: MAX_ACTIVE,
      config: (key) => ({
        exporter: { type: 'otlp-http', url: `${url}/v1/traces`, headers: { 'x-tenant': key } },
      }),
    },
  });
  let [exporters, sockets] = [0, 0];
  const look = () => {
    assertIdentity(spans());
    exporters = Math.max(exporters, manager.status().exporters.length);
    const open = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
    sockets = Math.max(sockets, open.length);
  };
  for (let index = 0; index < tenants; index++) {
    manager.withTenant(`t${index}`, () => endSpan(manager));
    if (index % perTurn !== perTurn - 1) continue;
    await sleep(1);
    look();
  }
  look();
  await close();
  const end = spans();
  assertIdentity(end);
  assert(end.ended === tenants && end.queued === 0, JSON.stringify(end));
  return { tenants, exporters, sockets, end };
}
