// What metrics of requests add: CPU and instructions per request, and memory at 200 routes. See bench/README.md.
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
    requests: { type: 'string', default: '20000' },
    warmup: { type: 'string', default: '10000' },
    instructions: { type: 'boolean', default: false },
    'skip-cpu': { type: 'boolean', default: false },
  },
});
const [sessions, requests, warmup] = ['sessions', 'requests', 'warmup'].map((name) => Number(options[name]));
const WORKER = new URL('worker.mjs', import.meta.url);

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

async function ask(row, question, work) {
  const variant = row.replace(/-again$/, '');
  const process = startProcess(WORKER, { args: [JSON.stringify({ variant, ...work })], core: 0 });
  try {
    return await process.ask(question);
  } finally {
    await process.stop();
  }
}

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus()[0]?.model.trim()}` +
    `${pinning ? '' : ', processes NOT pinned to cores'}\n`,
);

if (!options['skip-cpu']) {
  const results = [];
  for (let session = 1; session <= sessions; session++) {
    const micros = {};
    // Each session goes through the rows in another order, so that a machine that warms up favours none.
    const order = ROWS.map((_, index) => ROWS[(index + session) % ROWS.length]);
    for (const [row] of order) micros[row] = await ask(row, 'cpu', { requests, warmup, routes: 1 });
    results.push(micros);
    process.stderr.write(`session ${session} of ${sessions}\n`);
  }
  console.log(`CPU per request in µs, ${sessions} sessions of ${requests} requests:\n`);
  for (const [row, title] of ROWS)
    console.log(`  ${title.padEnd(52)} ${interval(mean(results.map((result) => result[row])), 2)}`);
  console.log('\n  added:');
  for (const [row, base, title] of DIFFERENCES) {
    console.log(
      `  ${title.padEnd(52)} ${interval(mean(results.map((result) => result[row] - result[base])), 2)}`,
    );
  }
}

if (options.instructions) {
  const version = spawnSync('valgrind', ['--version'], { encoding: 'utf8' }).stdout?.trim();
  console.log(`\nInstructions per request, ${version}, from the difference of a short and a long run:\n`);
  const perRequest = {};
  for (const [row] of ROWS) {
    const [short, long] = [3000, 9000].map((count) => instructions(row, count));
    perRequest[row] = (long - short) / 6000;
    console.log(`  ${row.padEnd(52)} ${Math.round(perRequest[row])}`);
  }
  console.log('\n  added:');
  for (const [row, base, title] of DIFFERENCES) {
    console.log(`  ${title.padEnd(52)} ${Math.round(perRequest[row] - perRequest[base])}`);
  }
}

function instructions(row, count) {
  const out = join(tmpdir(), `cachegrind-${process.pid}`);
  const work = { variant: row.replace(/-again$/, ''), requests: count, warmup: 0, routes: 1 };
  execFileSync(
    'valgrind',
    [
      ...['--tool=cachegrind', '--cache-sim=no', '--smc-check=all-non-file', `--cachegrind-out-file=${out}`],
      ...[process.execPath, '--single-threaded', '--no-opt', fileURLToPath(WORKER), JSON.stringify(work)],
    ],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const summary = /^summary: (\d+)/m.exec(readFileSync(out, 'utf8'));
  rmSync(out);
  return Number(summary?.[1]);
}

console.log('\nHeap and external memory after 6,000 requests to 200 routes, in MB:\n');
const heap = {};
for (const row of ['bare', 'bare-again', 'library', 'library-metrics', 'library-tracing', 'library-both']) {
  const runs = [];
  for (let run = 0; run < 3; run++)
    runs.push((await ask(row, 'heap', { requests: 6000, warmup: 0, routes: 200 })) / 1e6);
  heap[row] = runs.sort((a, b) => a - b)[1];
  console.log(`  ${row.padEnd(52)} ${heap[row].toFixed(2)}`);
}
console.log(`\n  tracing, every request sampled: ${(heap['library-tracing'] - heap.bare).toFixed(2)}`);
console.log(`  metrics beside it: ${(heap['library-both'] - heap['library-tracing']).toFixed(2)}`);
