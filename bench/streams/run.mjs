// CPU per event and heap per idle open stream of an SSE application, with and without this
// library. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../node-version.mjs';
import { pinning, startProcess } from '../process.mjs';
import { geometricMean, interval, mean } from '../statistics.mjs';
import { turns } from '../turns.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '2' },
    streams: { type: 'string', default: '50' },
    events: { type: 'string', default: '10000' },
    idle: { type: 'string', default: '5000' },
    framework: { type: 'string', default: 'express' },
    node24: { type: 'boolean', default: false },
  },
});
const [sessions, rounds, streams, events, idle] = ['sessions', 'rounds', 'streams', 'events', 'idle'].map(
  (name) => {
    const value = Number(options[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a positive integer`);
    return value;
  },
);
const { framework } = options;

const rows = [
  { name: 'bare', tracing: 'none', title: 'bare application' },
  { name: 'bare-again', tracing: 'none', title: 'bare application again (A/A)' },
  { name: 'storage', tracing: 'storage', title: 'AsyncLocalStorage only' },
  { name: 'library', tracing: 'library', title: 'nestjs-telemetry, every stream sampled' },
];
const node = options.node24 ? nodeBinary(24) : process.execPath;
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

const file = (name) => new URL(name, import.meta.url);

/**
 * @returns {Promise<{ cpu: Record<string, number>, heap: Record<string, number>, spans: number }>} µs
 *   per event, bytes per stream
 */
async function session() {
  const receiver = startProcess(file('../request/receiver.mjs'), { core: 1, node });
  const driver = startProcess(file('driver.mjs'), { core: 1, node });
  const receiverUrl = `http://127.0.0.1:${await receiver.ask('port')}`;
  const started = [receiver, driver];
  const servers = [];
  try {
    for (const row of rows) {
      const args = [JSON.stringify({ ...row, framework, receiverUrl })];
      const server = startProcess(file('server.mjs'), { args, core: 0, node });
      started.push(server);
      servers.push({ name: row.name, server, port: await server.ask('port'), cpu: 0, events: 0 });
    }
    const burst = async ({ server, port }) => {
      const before = await server.ask('cpuMicros');
      const read = await driver.ask({ kind: 'finite', port, streams, events });
      if (read !== streams * events) throw new Error(`expected ${streams * events} events, read ${read}`);
      await server.ask('flush');
      return (await server.ask('cpuMicros')) - before;
    };
    for (const target of servers) await burst(target);
    for (const target of turns(servers, 2 * rounds)) {
      target.cpu += await burst(target);
      target.events += streams * events;
    }
    const heap = {};
    for (const { name, server, port } of servers) {
      const before = await server.ask('heapUsed');
      await driver.ask({ kind: 'openIdle', port, streams: idle });
      if ((await server.ask('open')) !== idle) throw new Error(`${name} has not opened ${idle} streams`);
      heap[name] = ((await server.ask('heapUsed')) - before) / idle;
      await driver.ask({ kind: 'closeIdle' });
    }
    const received = await receiver.ask('received');
    return {
      cpu: Object.fromEntries(servers.map(({ name, cpu, events: count }) => [name, cpu / count])),
      heap,
      spans: received.library?.spans ?? 0,
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

const micros = (name) => geometricMean(results.map(({ cpu }) => cpu[name])).mean.toFixed(2);
const ratio = (name, base = 'bare') => geometricMean(results.map(({ cpu }) => cpu[name] / cpu[base]));
const bytes = (name) => mean(results.map(({ heap }) => heap[name])).mean.toFixed(0);
const extra = (name) => mean(results.map(({ heap }) => heap[name] - heap.bare));
const table = [
  ['', 'µs CPU per event', 'against bare [95 %]', 'bytes of heap per idle stream', 'above bare [95 %]'],
  ['---', '---:', '---', '---:', '---'],
  ...rows.map(({ name, title }) => [
    title,
    micros(name),
    name === 'bare' ? '1.000' : interval(ratio(name)),
    bytes(name),
    name === 'bare' ? '' : interval(extra(name), 0),
  ]),
];
const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${version}, ${cpus()[0]?.model.trim()}, ${framework}, ${sessions} sessions of ` +
    `${2 * rounds} bursts of ${streams} streams with ${events} events, then ${idle} idle streams` +
    `${pinning ? '' : ', processes NOT pinned to cores'}\n`,
);
for (const line of table)
  console.log(`| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);

console.log(`\nlibrary against AsyncLocalStorage only: ${interval(ratio('library', 'storage'))}`);

// The idle streams' spans may still be on their way.
const expected = sessions * (1 + 2 * rounds) * streams;
const delivered = results.reduce((sum, { spans }) => sum + spans, 0);
console.log(`${Math.min(delivered, expected)} of ${expected} spans of finite streams delivered`);
process.exitCode = delivered < expected ? 1 : 0;
