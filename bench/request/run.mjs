// CPU per request of a Nest 12 / Express application, with and without tracing, side by
// side. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../node-version.mjs';
import { geometricMean, interval, ratioOfMeans } from '../statistics.mjs';
import { heading, table } from '../table.mjs';
import { OVERHEADS, PAIRS, ROWS } from './rows.mjs';
import { session } from './session.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10' },
    requests: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '4' },
    warmup: { type: 'string', default: '16000' },
    connections: { type: 'string', default: '16' },
    node24: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    rows: { type: 'string' },
  },
});
const number = (name) => {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a positive integer`);
  return value;
};
const [sessions, requests, rounds, warmup, connections] = [
  'sessions',
  'requests',
  'rounds',
  'warmup',
  'connections',
].map(number);
const bursts = 2 * rounds;

const wanted = options.rows?.split(',');
const peers = options.peers ? (await import('./peers/rows.mjs')).peerRows() : [];
const rows = [...ROWS, ...peers].filter(
  ({ name }) => wanted === undefined || name === 'bare' || wanted.includes(name),
);
const measured = (...names) => names.every((name) => rows.some((row) => row.name === name));

const node = options.node24 ? nodeBinary(24) : process.execPath;
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

const results = [];
for (let run = 1; run <= sessions; run++) {
  results.push(await session(rows, { node, requests, warmup, bursts, connections, number: run }));
  process.stderr.write(`session ${run} of ${sessions}\n`);
}

const total = results.reduce((sum, { served }) => sum + served, 0);
const delivered = (name) => results.reduce((sum, { received }) => sum + (received[name]?.spans ?? 0), 0);
const bytes = (name) => results.reduce((sum, { received }) => sum + (received[name]?.bytes ?? 0), 0);
/** Peers make as many spans as they like, two of them by protocols of their own. */
function arrivals({ name, spans }) {
  const arrived = delivered(name);
  if (spans !== undefined) return spans + arrived === 0 ? '' : `${arrived} of ${total * spans} spans`;
  return arrived > 0
    ? `${(arrived / total).toFixed(2)} spans a request`
    : `${(bytes(name) / total).toFixed(0)} bytes a request`;
}
const ratios = (name, base) =>
  geometricMean(results.map(({ cpuMicros }) => cpuMicros[name] / cpuMicros[base]));
const micros = (name) => geometricMean(results.map(({ cpuMicros }) => cpuMicros[name])).mean.toFixed(1);

console.log(
  heading(
    version,
    `${sessions} sessions of ${bursts} bursts of ${requests} requests at ${connections} connections`,
  ),
);
console.log();
console.log(
  table([
    ['', 'µs CPU per request', 'against bare [95 %]', 'delivered'],
    ...rows.map((row) => [
      row.title,
      micros(row.name),
      row.name === 'bare' ? '1.000' : interval(ratios(row.name, 'bare')),
      arrivals(row),
    ]),
  ]),
);

const overheads = OVERHEADS.filter(({ row, from, whole }) => measured(row, from, whole, 'als'));
if (overheads.length > 0) {
  console.log('\nOverhead: (row − AsyncLocalStorage) / (raw SDK by hand − AsyncLocalStorage)\n');
  console.log(
    table([
      ['', 'overhead [95 %]'],
      ...overheads.map(({ title, row, from, whole }) => [
        title,
        interval(
          ratioOfMeans(
            results.map(({ cpuMicros }) => [
              (cpuMicros[row] - cpuMicros[from]) / cpuMicros.bare,
              (cpuMicros[whole] - cpuMicros.als) / cpuMicros.bare,
            ]),
          ),
          2,
        ),
      ]),
    ]),
  );
}
console.log();
for (const [ours, theirs] of PAIRS) {
  if (!measured(ours, theirs)) continue;
  console.log(`${ours} against ${theirs}: ${interval(ratios(ours, theirs))}`);
  if (delivered(ours) + delivered(theirs) === 0) continue;
  const [own, other] = [ours, theirs].map(
    (name) => results[0].received[name]?.attributes ?? ['(no server span)'],
  );
  const differing = [
    ...own.filter((key) => !other.includes(key)),
    ...other.filter((key) => !own.includes(key)),
  ];
  if (differing.length === 0) console.log(`  server spans with the same ${own.length} attributes`);
  if (differing.length > 0) console.log(`  NOT COMPARABLE: only one of them sets ${differing.join(', ')}`);
}
const lossy = rows.filter(({ name, spans }) =>
  spans === undefined ? delivered(name) + bytes(name) === 0 : delivered(name) !== total * spans,
);
for (const { title } of lossy) console.log(`LOST SPANS: ${title}`);
process.exitCode = lossy.length > 0 ? 1 : 0;
