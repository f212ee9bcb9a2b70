// What devtools costs the app that it runs in: CPU per request against the same app without it, and a flood
// of spans. See bench/README.md.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { pinning, startProcess } from '../process.mjs';
import { geometricMean, interval } from '../statistics.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '4' },
    requests: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '60' },
  },
});
const [sessions, requests, rounds, seconds] = ['sessions', 'requests', 'rounds', 'seconds'].map((name) =>
  Number(options[name]),
);
const WORKER = new URL('worker.mjs', import.meta.url);
const ROWS = ['without', 'without again', 'with'];

function start(row) {
  const work = { devtools: row === 'with', requests, seconds };
  return startProcess(WORKER, { args: [JSON.stringify(work)], core: 0, nodeArgs: ['--expose-gc'] });
}

/** Rows in turns, in another order each time, so that whatever else the machine does falls on all of them. */
async function session() {
  const workers = ROWS.map((row) => ({ row, worker: start(row), turns: [] }));
  try {
    for (const { worker } of workers) await worker.ask('cpu');
    for (let round = 0; round < rounds; round++) {
      const order = workers.map((each, index) => workers[(index + round) % workers.length]);
      for (const { worker, turns } of order) turns.push(await worker.ask('cpu'));
    }
    return Object.fromEntries(workers.map(({ row, turns }) => [row, median(turns)]));
  } finally {
    await Promise.all(workers.map(({ worker }) => worker.stop()));
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const machine = `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus()[0]?.model.trim()}`;
console.log(`${machine}${pinning ? '' : ', processes NOT pinned to cores'}\n`);

const results = [];
for (let count = 0; count < sessions; count++) results.push(await session());
for (const row of ['without again', 'with']) {
  const ratios = results.map((result) => result[row] / result.without);
  console.log(`CPU per request, ${row} devtools / without: ${interval(geometricMean(ratios))}`);
}

const flooded = start('with');
const answer = await flooded.ask('flood');
await flooded.stop();
console.log(`\n5,000 spans a second for ${seconds} s:`, answer);
