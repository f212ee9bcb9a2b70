// CPU of one call of a `@Span` method, beside a plain call, the SDK by hand and
// nestjs-otel. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { installTemporarily, nodeBinary } from '../node-version.mjs';
import { pinning, startProcess } from '../process.mjs';
import { interval, mean } from '../statistics.mjs';
import { turns } from '../turns.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10' },
    calls: { type: 'string', default: '20000' },
    'idle-calls': { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '4' },
    node24: { type: 'boolean', default: false },
    rows: { type: 'string' },
  },
});
const [sessions, calls, idleCalls, rounds] = ['sessions', 'calls', 'idle-calls', 'rounds'].map((name) => {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a positive integer`);
  return value;
});

/** Calls between two turns of the event loop, under one root span, as a request would make. */
const CALLS_PER_ROOT = 50;

const ALL_ROWS = [
  { name: 'plain', variant: 'plain', title: 'plain call' },
  { name: 'plain-again', variant: 'plain', title: 'plain call again (A/A)' },
  { name: 'sdk', variant: 'sdk', ratio: 1, title: 'SDK startActiveSpan, recorded' },
  { name: 'sdk-unsampled', variant: 'sdk', ratio: 0, title: 'SDK startActiveSpan, sampled out' },
  { name: 'nestjs-otel', variant: 'nestjs-otel', ratio: 1, title: 'nestjs-otel @Span, recorded' },
  {
    name: 'nestjs-otel-unsampled',
    variant: 'nestjs-otel',
    ratio: 0,
    title: 'nestjs-otel @Span, sampled out',
  },
  { name: 'library-none', variant: 'library', instance: false, title: 'nestjs-telemetry @Span, no instance' },
  { name: 'library-off', variant: 'library', enabled: false, title: 'nestjs-telemetry @Span, off' },
  { name: 'library-unsampled', variant: 'library', ratio: 0, title: 'nestjs-telemetry @Span, sampled out' },
  { name: 'library', variant: 'library', ratio: 1, title: 'nestjs-telemetry @Span, recorded' },
];
const delivers = ({ ratio, enabled, instance }) => ratio === 1 && enabled !== false && instance !== false;
/**
 * Calls of one burst: enough that it matters little what other processes left in the
 * caches, few enough for a queue.
 */
const burstOf = (row) => (delivers(row) ? calls : idleCalls);

const wanted = options.rows?.split(',');
const rows = ALL_ROWS.filter(({ name }) => wanted === undefined || name === 'plain' || wanted.includes(name));

// The API must be the very version that the SDK was built for, or nestjs-otel sees a provider
// that it does not accept.
const peerFolder = rows.some(({ variant }) => variant === 'nestjs-otel')
  ? installTemporarily(['nestjs-otel@8.1.1', '@opentelemetry/api@1.9.1'])
  : undefined;
const node = options.node24 ? nodeBinary(24) : process.execPath;
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

/**
 * @returns {Promise<Record<string, { sync: number, async: number, spans: number }>>} nanoseconds
 *   per call, spans delivered
 */
async function session() {
  const receiver = startProcess(new URL('../request/receiver.mjs', import.meta.url), { core: 1, node });
  const receiverUrl = `http://127.0.0.1:${await receiver.ask('port')}`;
  const workers = rows.map((row) => ({
    name: row.name,
    calls: burstOf(row),
    samples: { sync: [], async: [] },
    worker: startProcess(new URL('worker.mjs', import.meta.url), {
      args: [JSON.stringify({ ...row, receiverUrl, peerFolder })],
      core: 0,
      node,
    }),
  }));
  try {
    for (const kind of ['sync', 'async']) {
      for (const { worker, calls } of workers)
        await worker.ask({ kind, calls: calls * 2, batch: CALLS_PER_ROOT });
      for (const { worker, samples, calls } of turns(workers, 2 * rounds)) {
        samples[kind].push(await worker.ask({ kind, calls, batch: CALLS_PER_ROOT }));
      }
    }
    const received = await receiver.ask('received');
    return Object.fromEntries(
      workers.map(({ name, samples }) => [
        name,
        { sync: average(samples.sync), async: average(samples.async), spans: received[name]?.spans ?? 0 },
      ]),
    );
  } finally {
    await Promise.all([receiver, ...workers.map(({ worker }) => worker)].map((process) => process.stop()));
  }
}

function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const results = [];
for (let run = 1; run <= sessions; run++) {
  results.push(await session());
  process.stderr.write(`session ${run} of ${sessions}\n`);
}

/** What a row costs above the plain call, in nanoseconds with its interval. */
const above = (name, kind) => mean(results.map((result) => result[name][kind] - result.plain[kind]));
const table = [
  ['', 'sync: ns above plain [95 %]', 'async: ns above plain [95 %]'],
  ['---', '---:', '---:'],
  ...rows
    .filter(({ name }) => name !== 'plain')
    .map(({ name, title }) => [title, interval(above(name, 'sync'), 0), interval(above(name, 'async'), 0)]),
];
const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${version}, ${cpus()[0]?.model.trim()}, ` +
    `${sessions} sessions of ${2 * rounds} bursts of ${calls} calls, of ${idleCalls} where no span is delivered${pinning ? '' : ', processes NOT pinned to cores'}\n`,
);
for (const line of table)
  console.log(`| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
console.log();
for (const [ours, theirs] of [
  ['library', 'nestjs-otel'],
  ['library-unsampled', 'nestjs-otel-unsampled'],
]) {
  if (![ours, theirs].every((name) => rows.some((row) => row.name === name))) continue;
  for (const kind of ['sync', 'async']) {
    const share = above(ours, kind).mean / above(theirs, kind).mean;
    console.log(`${ours} costs ${(share * 100).toFixed(0)} % of ${theirs} (${kind})`);
  }
}

const callsPerSession = 2 * (2 * calls + 2 * rounds * calls);
const expected = callsPerSession + callsPerSession / CALLS_PER_ROOT;
for (const { name, title, ...row } of rows) {
  const wantedSpans = delivers(row) ? sessions * expected : 0;
  const spans = results.reduce((sum, result) => sum + result[name].spans, 0);
  if (spans === wantedSpans) continue;
  console.log(`NOT COMPARABLE: ${title} delivered ${spans} of ${wantedSpans} spans`);
  process.exitCode = 1;
}
