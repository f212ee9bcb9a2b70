/*
 * What the library adds to the start of a Nest app: time of its import against that of Nest's own packages in
 * the same process, time until the first answered request against the bare app, and memory then. Pairs of
 * processes, one after the other, in changing order. CPU time is given, too: other work disturbs it less.
 *
 *   npm run bench:startup -- [--sessions 15] [--node24]
 */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { nodeBinary } from '../node-version.mjs';
import { pinning } from '../process.mjs';
import { geometricMean, interval, mean } from '../statistics.mjs';

const { values: options } = parseArgs({
  options: { sessions: { type: 'string', default: '15' }, node24: { type: 'boolean', default: false } },
});
const node = options.node24 ? nodeBinary('24') : process.execPath;
const script = fileURLToPath(new URL('app.mjs', import.meta.url));
const receiver = createServer((request, response) => request.resume().on('end', () => response.end()));
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');
const url = `http://127.0.0.1:${receiver.address().port}/v1/traces`;

/** One core, so that the receiver in this process takes no time from the start. */
async function start(kind) {
  const [command, ...before] = pinning ? ['taskset', '-c', '0', node] : [node];
  const { stdout } = await promisify(execFile)(command, [...before, script, kind, url]);
  return JSON.parse(stdout);
}

const pairs = [];
await start('bare');
await start('library');
for (let session = 0; session < Number(options.sessions); session += 1) {
  const order = session % 2 === 0 ? ['bare', 'library'] : ['library', 'bare'];
  const pair = {};
  for (const kind of order) pair[kind] = await start(kind);
  pairs.push(pair);
}
receiver.close();

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
const ratio = (of) => interval(geometricMean(pairs.map(of)));
const table = (clock) => {
  const milliseconds = (kind, key) => `${median(pairs.map((pair) => pair[kind][clock][key])).toFixed(0)} ms`;
  return [
    ["import of Nest's packages", milliseconds('library', 'nestImport'), ''],
    [
      'import of nestjs-telemetry after them',
      milliseconds('library', 'libraryImport'),
      ratio(({ library }) => library[clock].libraryImport / library[clock].nestImport),
    ],
    ['bare app, until the first answer', milliseconds('bare', 'untilAnswer'), ''],
    [
      'with nestjs-telemetry',
      milliseconds('library', 'untilAnswer'),
      ratio(({ library, bare }) => library[clock].untilAnswer / bare[clock].untilAnswer),
    ],
  ];
};
const memory = mean(pairs.map(({ library, bare }) => library.rss - bare.rss)).mean / 1e6;
console.log(`Node ${version.slice(1)}, ${options.sessions} pairs of starts\n`);
for (const [clock, title] of Object.entries({ time: 'time', cpu: 'CPU time' })) {
  console.log(`| ${title} | median | ratio [95 %] |\n| - | -----: | ------------ |`);
  for (const row of table(clock)) console.log(`| ${row.join(' | ')} |`);
  console.log();
}
console.log(`${memory.toFixed(1)} MB of memory (RSS) more than bare`);
