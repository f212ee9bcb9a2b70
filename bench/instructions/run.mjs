// Instructions per request and per event of a stream, and a gate against what they were. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../node-version.mjs';
import { count, valgrindVersion } from './callgrind.mjs';

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    jit: { type: 'boolean', default: false },
    node24: { type: 'boolean', default: false },
    rows: { type: 'string' },
    frameworks: { type: 'string', default: 'express,fastify' },
    parallel: { type: 'string', default: '2' },
    /** Percent of requests that are handed over twice. */
    add: { type: 'string', default: '0' },
  },
});

/** A count is repeated to 0.2 %. */
const MARGIN = 0.01;
const BASELINE = new URL('baseline.json', import.meta.url);

/** `gate`: whether the committed counts hold it. */
const ROWS = [
  { name: 'bare', variant: 'bare', events: true, gate: true },
  { name: 'als', variant: 'async-local-storage', events: true },
  { name: 'off', variant: 'library-off', gate: true },
  { name: 'unsampled', variant: 'library-unsampled', gate: true },
  { name: 'one-span', variant: 'library', events: true, gate: true },
  { name: 'three-spans', variant: 'library-methods', gate: true },
  { name: 'floor-unsampled', variant: 'floor-unsampled' },
  { name: 'floor-one-span', variant: 'floor' },
  { name: 'floor-three-spans', variant: 'floor-methods' },
];

if (valgrindVersion === undefined) {
  console.log('SKIPPED bench:instructions: valgrind is not installed.');
  process.exit();
}

const node = options.node24 ? nodeBinary(24) : process.execPath;
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
const [major] = version.slice(1).split('.');
const work = options.jit
  ? { warmup: 4000, rounds: 6, requests: 400, events: 400 }
  : { warmup: 100, rounds: 3, requests: 100, events: 100 };
const wanted = options.rows?.split(',');
const jobs = options.frameworks.split(',').flatMap((framework) =>
  ROWS.filter(
    ({ name, gate }) => name === 'bare' || (wanted?.includes(name) ?? (!options.check || gate)),
  ).map((row) => ({
    ...row,
    framework,
    percent: row.name === 'bare' ? 0 : Number(options.add),
  })),
);
// Last, so that it can be seen whether the gate would have seen it.
const proof = {
  ...ROWS.find(({ name }) => name === 'one-span'),
  name: 'proof',
  framework: 'express',
  percent: 2,
};
if (options.check) jobs.push(proof);

const results = new Map();
const waiting = [...jobs];
await Promise.all(
  Array.from({ length: Number(options.parallel) }, async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const { variant, framework, percent, events } = job;
      const twiceEvery = percent === 0 ? 0 : Math.round(100 / percent);
      results.set(
        job,
        await count(node, options.jit, {
          ...work,
          variant,
          framework,
          twiceEvery,
          events: events ? work.events : 0,
        }),
      );
    }
  }),
);

const figures = {};
for (const job of jobs.filter((job) => job !== proof)) {
  const { request, event } = results.get(job);
  const bare = results.get(
    jobs.find(({ name, framework }) => name === 'bare' && framework === job.framework),
  );
  figures[`${job.framework} ${job.name}`] = { instructions: request, base: bare.request };
  if (event !== undefined)
    figures[`${job.framework} ${job.name}, an event`] = { instructions: event, base: bare.event };
}

console.log(
  `Node ${version}, ${valgrindVersion}, ${options.jit ? 'compiled' : 'interpreted (--jitless)'}, ` +
    `the cheapest of ${work.rounds} rounds of ${work.requests} requests, of ${work.events} events\n`,
);
for (const [name, { instructions, base }] of Object.entries(figures)) {
  const above = Math.round(instructions - base);
  console.log(
    `${name.padEnd(32)} ${String(Math.round(instructions)).padStart(9)}  ` +
      `${(instructions / base).toFixed(4)} × bare, ${above >= 0 ? '+' : ''}${above}`,
  );
}

const baseline = existsSync(BASELINE) ? JSON.parse(readFileSync(BASELINE, 'utf8')) : {};
/** Against bare, so that another release of Node or of the framework moves both. */
const ratios = Object.fromEntries(
  Object.entries(figures).map(([name, { instructions, base }]) => [name, instructions / base]),
);
if (options.update) {
  const rounded = Object.entries(ratios).map(([name, ratio]) => [name, Number(ratio.toFixed(4))]);
  baseline[major] = { ...baseline[major], ...Object.fromEntries(rounded) };
  writeFileSync(BASELINE, `${JSON.stringify(baseline, undefined, 2)}\n`);
}
if (options.check) check(baseline[major]);

function check(before) {
  if (before === undefined) {
    console.log(`\nSKIPPED: no counts of Node ${major} are committed; \`--update\` writes them.`);
    return;
  }
  const grown = (name, ratio) => before[name] !== undefined && ratio > before[name] * (1 + MARGIN);
  for (const [name, ratio] of Object.entries(ratios)) {
    if (!grown(name, ratio)) continue;
    console.log(`\nDEARER: ${name} is ${ratio.toFixed(4)} × bare, was ${before[name]}.`);
    process.exitCode = 1;
  }
  const bare = figures['express bare'].instructions;
  const proven = results.get(proof).request / bare;
  if (grown('express one-span', proven)) {
    console.log(`\nThe gate sees 2 % more: one span would be ${proven.toFixed(4)} × bare.`);
  } else {
    console.log(
      '\nBLIND: with 2 % more work the gate would pass. Is a row so much cheaper that it needs `--update`?',
    );
    process.exitCode = 1;
  }
}
