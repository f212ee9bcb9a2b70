// What metrics of requests add: CPU and instructions per request, and memory at 200
// routes. See bench/README.md.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pinning, startProcess } from '../process.mjs';
import { interval, mean } from '../statistics.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10' },
    requests: { type: 'string', default: '2500' },
    rounds: { type: 'string', default: '5' },
    instructions: { type: 'boolean', default: false },
    'skip-cpu': { type: 'boolean', default: false },
    'skip-heap': { type: 'boolean', default: false },
  },
});
const [sessions, requests, rounds] = ['sessions', 'requests', 'rounds'].map((name) => Number(options[name]));
const WORKER = new URL('worker.mjs', import.meta.url);
const HOOK = fileURLToPath(new URL('hook.mjs', import.meta.url));

const ROWS = [
  ['bare', 'bare application'],
  ['bare-again', 'bare application again (A/A)'],
  ['library', 'nestjs-telemetry, sampled out'],
  ['library-metrics', 'nestjs-telemetry, sampled out, metrics'],
  ['instrumentation-http', 'instrumentation-http, no provider'],
  ['instrumentation-http-metrics', 'instrumentation-http, no tracer provider, metrics'],
];
const DIFFERENCES = [
  ['bare-again', 'bare', 'A/A'],
  ['library-metrics', 'library', 'metrics of nestjs-telemetry'],
  ['instrumentation-http-metrics', 'instrumentation-http', 'metrics of instrumentation-http'],
];

/** All rows side by side, in short turns, so that whatever else the machine does falls on all of them. */
async function cpuSession() {
  const workers = ROWS.map(([row]) => ({ row, worker: start(row, { requests, routes: 1 }), turns: [] }));
  try {
    for (const { worker } of workers) for (let turn = 0; turn < 4; turn++) await worker.ask('cpu');
    for (let round = 0; round < rounds; round++) {
      for (const { worker, turns } of [...workers, ...workers.toReversed()])
        turns.push(await worker.ask('cpu'));
    }
    return Object.fromEntries(workers.map(({ row, turns }) => [row, median(turns)]));
  } finally {
    await Promise.all(workers.map(({ worker }) => worker.stop()));
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function start(row, work) {
  const variant = row.replace(/-again$/, '');
  return startProcess(WORKER, { args: [JSON.stringify({ variant, ...work })], core: 0 });
}

async function ask(row, question, work) {
  const worker = start(row, work);
  try {
    return await worker.ask(question);
  } finally {
    await worker.stop();
  }
}

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus()[0]?.model.trim()}` +
    `${pinning ? '' : ', processes NOT pinned to cores'}\n`,
);

if (!options['skip-cpu']) {
  const results = [];
  for (let session = 1; session <= sessions; session++) {
    results.push(await cpuSession());
    process.stderr.write(`session ${session} of ${sessions}\n`);
  }
  console.log(
    `CPU per request in µs, ${sessions} sessions of ${2 * rounds} turns of ${requests} requests:\n`,
  );
  for (const [row, title] of ROWS)
    console.log(`  ${title.padEnd(52)} ${interval(mean(results.map((result) => result[row])), 2)}`);
  console.log('\n  added:');
  for (const [row, base, title] of DIFFERENCES) {
    console.log(
      `  ${title.padEnd(52)} ${interval(mean(results.map((result) => result[row] - result[base])), 2)}`,
    );
  }
}

const HOOKS = [
  'nothing',
  'nestjs-telemetry',
  'instrumentation-http',
  'instrumentation-http-again',
  'instrumentation-http-metrics',
];
const HOOK_DIFFERENCES = [
  ['instrumentation-http-again', 'instrumentation-http', 'A/A'],
  ['nestjs-telemetry', 'nothing', 'metrics of nestjs-telemetry'],
  ['instrumentation-http-metrics', 'instrumentation-http', 'metrics of instrumentation-http'],
];

function hookMicros(row) {
  const variant = row.replace(/-again$/, '');
  return Number(
    execFileSync(process.execPath, [HOOK, JSON.stringify({ variant, requests: 200_000 })], {
      encoding: 'utf8',
    }),
  );
}

const hookResults = Array.from({ length: sessions }, () =>
  Object.fromEntries(HOOKS.map((row) => [row, hookMicros(row)])),
);
console.log('\nCPU of the hook alone, in µs per request, added:\n');
for (const [row, base, title] of HOOK_DIFFERENCES) {
  const added = mean(hookResults.map((result) => result[row] - result[base]));
  console.log(`  ${title.padEnd(52)} ${interval(added)}`);
}

if (options.instructions) {
  const version = spawnSync('valgrind', ['--version'], { encoding: 'utf8' }).stdout?.trim();
  console.log(
    `\nInstructions of a request, ${version}, from the difference of a short and a long run of hook.mjs:\n`,
  );
  const counts = {};
  for (const variant of [
    'nothing',
    'nestjs-telemetry',
    'instrumentation-http',
    'instrumentation-http-metrics',
  ]) {
    const [short, long] = [20_000, 40_000].map((requests) => instructions(variant, requests));
    counts[variant] = (long - short) / 20_000;
    console.log(`  ${variant.padEnd(52)} ${Math.round(counts[variant])}`);
  }
  const ours = counts['nestjs-telemetry'] - counts.nothing;
  const theirs = counts['instrumentation-http-metrics'] - counts['instrumentation-http'];
  console.log(
    `\n  added by metrics: nestjs-telemetry ${Math.round(ours)}, instrumentation-http ${Math.round(theirs)}`,
  );
}

function instructions(variant, requests) {
  const out = join(tmpdir(), `cachegrind-${process.pid}`);
  execFileSync(
    'valgrind',
    [
      ...['--tool=cachegrind', '--cache-sim=no', '--smc-check=all-non-file', `--cachegrind-out-file=${out}`],
      ...[
        process.execPath,
        '--single-threaded',
        '--predictable',
        HOOK,
        JSON.stringify({ variant, requests }),
      ],
    ],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const summary = /^summary: (\d+)/m.exec(readFileSync(out, 'utf8'));
  rmSync(out);
  return Number(summary?.[1]);
}

if (options['skip-heap']) process.exit();
console.log('\nHeap and external memory after 6,000 requests to 200 routes, in MB:\n');
const heap = {};
for (const row of ['bare', 'bare-again', 'library', 'library-metrics', 'library-tracing', 'library-both']) {
  const runs = [];
  for (let run = 0; run < 3; run++)
    runs.push((await ask(row, 'heap', { requests: 6000, routes: 200 })) / 1e6);
  heap[row] = runs.sort((a, b) => a - b)[1];
  console.log(`  ${row.padEnd(52)} ${heap[row].toFixed(2)}`);
}
console.log(`\n  tracing, every request sampled: ${(heap['library-tracing'] - heap.bare).toFixed(2)}`);
console.log(`  metrics beside it: ${(heap['library-both'] - heap['library-tracing']).toFixed(2)}`);
