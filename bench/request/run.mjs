// CPU per request of a Nest 12 / Express application, with and without tracing, side by
// side. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../node-version.mjs';
import { pinning, startProcess } from '../process.mjs';
import { geometricMean, interval } from '../statistics.mjs';
import { turns } from '../turns.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10' },
    requests: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '4' },
    warmup: { type: 'string', default: '5000' },
    connections: { type: 'string', default: '16' },
    node24: { type: 'boolean', default: false },
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

/** `spans`: how many each request must deliver. */
const ALL_ROWS = [
  { name: 'bare', variant: 'bare', spans: 0, title: 'bare application' },
  { name: 'bare-again', variant: 'bare', spans: 0, title: 'bare application again (A/A)' },
  { name: 'als', variant: 'async-local-storage', spans: 0, title: 'AsyncLocalStorage only' },
  { name: 'raw-sdk', variant: 'raw-sdk', spans: 1, title: 'raw SDK by hand, gRPC, 1 span' },
  { name: 'raw-sdk-methods', variant: 'raw-sdk-methods', spans: 3, title: 'raw SDK by hand, gRPC, 3 spans' },
  { name: 'library-off', variant: 'library-off', spans: 0, title: 'nestjs-telemetry, off' },
  {
    name: 'library-unsampled',
    variant: 'library-unsampled',
    spans: 0,
    title: 'nestjs-telemetry, sampled out',
  },
  { name: 'library', variant: 'library', spans: 1, title: 'nestjs-telemetry, gRPC, 1 span' },
  { name: 'library-methods', variant: 'library-methods', spans: 3, title: 'nestjs-telemetry, gRPC, 3 spans' },
];
const wanted = options.rows?.split(',');
const rows = ALL_ROWS.filter(({ name }) => wanted === undefined || name === 'bare' || wanted.includes(name));

/** The same work, done by this library and by hand. */
const PAIRS = [
  ['library', 'raw-sdk'],
  ['library-methods', 'raw-sdk-methods'],
];

const node = options.node24 ? nodeBinary(24) : process.execPath;
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

/**
 * @returns {Promise<{ cpuMicros: Record<string, number>, received: Record<string, any>
 *   }>} CPU per request by row
 */
async function session() {
  const receiver = startProcess(new URL('receiver.mjs', import.meta.url), { core: 1, node });
  const driver = startProcess(new URL('driver.mjs', import.meta.url), { core: 1, node });
  const receiverUrl = `http://127.0.0.1:${await receiver.ask('port')}`;
  const servers = [];
  const started = [receiver, driver];
  try {
    for (const row of rows) {
      const { name, variant } = row;
      const server = startProcess(new URL('server.mjs', import.meta.url), {
        args: [JSON.stringify({ name, variant, receiverUrl })],
        core: 0,
        node,
      });
      started.push(server);
      servers.push({ row, server, port: await server.ask('port'), cpu: 0, requests: 0 });
    }
    const burst = async (target, count) => {
      const before = await target.server.ask('cpuMicros');
      await driver.ask({ port: target.port, requests: count, connections });
      await target.server.ask('flush');
      return (await target.server.ask('cpuMicros')) - before;
    };
    for (const target of servers) await burst(target, warmup);
    for (const target of turns(servers, 2 * rounds)) {
      target.cpu += await burst(target, requests);
      target.requests += requests;
    }
    return {
      cpuMicros: Object.fromEntries(servers.map(({ row, cpu, requests }) => [row.name, cpu / requests])),
      received: await receiver.ask('received'),
    };
  } finally {
    await Promise.all(started.map((process) => process.stop()));
  }
}

const results = [];
for (let run = 1; run <= sessions; run++) {
  results.push(await session());
  process.stderr.write(`session ${run} of ${sessions}\n`);
}

const total = sessions * (warmup + 2 * rounds * requests);
const delivered = (name) => results.reduce((sum, { received }) => sum + (received[name]?.spans ?? 0), 0);
const ratios = (name, base) =>
  geometricMean(results.map(({ cpuMicros }) => cpuMicros[name] / cpuMicros[base]));
const micros = (name) => geometricMean(results.map(({ cpuMicros }) => cpuMicros[name])).mean.toFixed(1);

const table = [
  ['', 'µs CPU per request', 'against bare [95 %]', 'spans delivered'],
  ['---', '---:', '---', '---:'],
  ...rows.map(({ name, title, spans }) => [
    title,
    micros(name),
    name === 'bare' ? '1.000' : interval(ratios(name, 'bare')),
    spans === 0 && delivered(name) === 0 ? '' : `${delivered(name)} of ${total * spans}`,
  ]),
];
const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
const print = (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${version}, ${cpus()[0]?.model.trim()}, ` +
    `${sessions} sessions of ${2 * rounds} bursts of ${requests} requests at ${connections} connections` +
    `${pinning ? '' : ', processes NOT pinned to cores'}\n`,
);
for (const line of table) console.log(print(line));
console.log();
for (const [ours, theirs] of PAIRS) {
  if (![ours, theirs].every((name) => rows.some((row) => row.name === name))) continue;
  console.log(`${ours} against ${theirs}: ${interval(ratios(ours, theirs))}`);
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
const lossy = rows.filter(({ name, spans }) => delivered(name) !== total * spans);
for (const { title } of lossy) console.log(`LOST SPANS: ${title}`);
process.exitCode = lossy.length > 0 ? 1 : 0;
