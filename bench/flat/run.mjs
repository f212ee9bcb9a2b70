/*
 * Whether a request costs as much in a large app as in a small one: what this library adds to it with more routes,
 * instances, tenants or requests in flight, as a ratio of what it adds without. See bench/README.md.
 *
 *   npm run bench:flat -- [--sessions 5] [--bursts 5] [--requests 5000] [--node24] [--rows routes,tenants]
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../node-version.mjs';
import { startProcess } from '../process.mjs';
import { interval, mean, median, ratioOfMeans } from '../statistics.mjs';
import { heading, table } from '../table.mjs';
import { turns } from '../turns.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '5' },
    bursts: { type: 'string', default: '5' },
    requests: { type: 'string', default: '5000' },
    warmup: { type: 'string', default: '4' },
    node24: { type: 'boolean', default: false },
    rows: { type: 'string' },
  },
});
const [sessions, bursts, requests, warmup] = ['sessions', 'bursts', 'requests', 'warmup'].map((name) =>
  Number(options[name]),
);
const node = options.node24 ? nodeBinary(24) : process.execPath;
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

const SMALL = { routes: 1, instances: 1, tenants: 0, inFlight: 10 };
const apps = {
  small: SMALL,
  again: SMALL,
  routes: { ...SMALL, routes: 200 },
  instances: { ...SMALL, instances: 50 },
  tenant: { ...SMALL, tenants: 1 },
  tenants: { ...SMALL, tenants: 1_000 },
  inFlight: { ...SMALL, inFlight: 5_000 },
};

/** `bare`: the app without this library that a size is compared with, where it is not the size's own. */
const ROWS = [
  { name: 'again', title: 'the same again (A/A)', few: 'small', many: 'again' },
  { name: 'routes', title: '1 and 200 routes', few: 'small', many: 'routes' },
  { name: 'instances', title: '1 and 50 instances', few: 'small', many: 'instances' },
  { name: 'tenants', title: '1 and 1,000 tenants', few: 'tenant', many: 'tenants', bare: 'small' },
  { name: 'inFlight', title: '10 and 5,000 requests in flight', few: 'small', many: 'inFlight' },
].filter(({ name }) => options.rows === undefined || options.rows.split(',').includes(name));

for (const { few, many } of ROWS) {
  const atOnce = Math.max(apps[few].inFlight, apps[many].inFlight);
  if (requests % atOnce !== 0) throw new Error(`--requests takes a multiple of ${atOnce}`);
}

const withLibrary = new Set(ROWS.flatMap(({ few, many }) => [few, many]));
const without = new Set(ROWS.flatMap(({ few, many, bare }) => (bare === undefined ? [few, many] : [bare])));

async function session() {
  const receiver = startProcess(new URL('../request/receiver.mjs', import.meta.url), { core: 1, node });
  const receiverUrl = `http://127.0.0.1:${await receiver.ask('port')}`;
  const workers = [];
  try {
    for (const [library, names] of [
      [false, without],
      [true, withLibrary],
    ]) {
      for (const name of names) {
        const args = [JSON.stringify({ name, library, receiverUrl, ...apps[name] })];
        const worker = startProcess(new URL('worker.mjs', import.meta.url), { args, core: 0, node });
        workers.push({ key: keyOf(name, library), worker, costs: [] });
        await worker.ask(['ready']);
      }
    }
    for (const { worker } of turns(workers, warmup)) await worker.ask(['burst', requests]);
    for (const { worker, costs } of turns(workers, bursts)) costs.push(await worker.ask(['burst', requests]));
    const received = await receiver.ask('received');
    for (const name of withLibrary) {
      const expected = (warmup + bursts) * requests;
      if (received[name]?.spans !== expected) throw new Error(`${name}: spans were lost`);
    }
    return Object.fromEntries(workers.map(({ key, costs }) => [key, median(costs)]));
  } finally {
    await Promise.all([receiver, ...workers.map(({ worker }) => worker)].map((process) => process.stop()));
  }
}

function keyOf(name, library) {
  return `${name}, ${library ? 'library' : 'bare'}`;
}

const results = [];
for (let run = 1; run <= sessions; run++) {
  results.push(await session());
  process.stderr.write(`session ${run} of ${sessions}\n`);
}

/** What the library adds, in µs per request. */
const added = (result, name, bare = name) => result[keyOf(name, true)] - result[keyOf(bare, false)];
const micros = (values) => interval(mean(values), 1);

console.log(heading(version, `${sessions} sessions of ${bursts} bursts of ${requests} requests`));
console.log();
console.log(
  table([
    ['', 'bare, µs CPU', 'added, few [95 %]', 'added, many [95 %]', 'many against few [95 %]'],
    ...ROWS.map(({ title, few, many, bare }) => [
      title,
      [bare ?? few, bare ?? many]
        .map((name) => mean(results.map((result) => result[keyOf(name, false)])).mean.toFixed(0))
        .join(' and '),
      micros(results.map((result) => added(result, few, bare))),
      micros(results.map((result) => added(result, many, bare))),
      interval(
        ratioOfMeans(results.map((result) => [added(result, many, bare), added(result, few, bare)])),
        2,
      ),
    ]),
  ]),
);
