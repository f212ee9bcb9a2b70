/*
 * 50,000 spans a second for half a minute, to an OTLP receiver in another process: drops, delay of the event loop, heap.
 * The row without telemetry runs the same program with `enabled: false`: its delay is the machine's. See bench/README.md.
 *
 *   npm run bench:flood -- [--spans 50000] [--seconds 30] [--batch 512] [--node24]
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../node-version.mjs';
import { startProcess } from '../process.mjs';
import { heading, table } from '../table.mjs';

const GOAL_DELAY_MILLIS = 20;
/** Of the heap after a collection, what a half minute may add: caches that fill, no spans. */
const GOAL_HEAP_MEGABYTES = 2;

const { values: options } = parseArgs({
  options: {
    spans: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '30' },
    warmup: { type: 'string', default: '5' },
    batch: { type: 'string', default: '512' },
    node24: { type: 'boolean', default: false },
  },
});
const [spansPerSecond, seconds, warmup, maxExportBatchSize] = ['spans', 'seconds', 'warmup', 'batch'].map(
  (name) => Number(options[name]),
);
const node = options.node24 ? nodeBinary(24) : process.execPath;
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();

async function row(name, enabled) {
  const receiver = startProcess(new URL('../request/receiver.mjs', import.meta.url), { core: 1, node });
  const url = `http://127.0.0.1:${await receiver.ask('port')}`;
  const args = [
    JSON.stringify({ name, enabled, exporter: 'otlp-grpc', url, spansPerSecond, maxExportBatchSize }),
  ];
  const worker = startProcess(new URL('worker.mjs', import.meta.url), { args, core: 0, node });
  try {
    await worker.ask(['ready']);
    const result = await worker.ask(['run', { warmup, seconds }]);
    const received = (await receiver.ask('received'))[name]?.spans ?? 0;
    return { ...result, name, enabled, received };
  } finally {
    await Promise.all([worker, receiver].map((process) => process.stop()));
  }
}

const rows = [await row('without telemetry', false), await row('nestjs-telemetry, gRPC', true)];
console.log(
  heading(
    version,
    `${spansPerSecond} spans a second for ${seconds} s, after ${warmup} s, batches of ${maxExportBatchSize}`,
  ),
);
console.log();
console.log(
  table([
    [
      '',
      'spans a second',
      'arrived',
      'dropped',
      'most queued, on the way',
      'delay p50, p99, p99.9, max',
      'heap, start and end',
      'RSS, 10 s and end',
      'CPU',
    ],
    ...rows.map((row) => [
      row.name,
      (row.spans / row.seconds).toFixed(0),
      row.enabled ? `${row.received} of ${row.spans + row.warmed}` : '',
      String(row.dropped),
      `${row.queued}, ${row.inFlight}`,
      `${[...row.delayMillis, row.maxDelayMillis].map((millis) => millis.toFixed(1)).join(', ')} ms`,
      `${row.heap.map((size) => size.toFixed(1)).join(', ')} MB`,
      `${row.rss.map((size) => size?.toFixed(0) ?? '–').join(', ')} MB`,
      `${(row.cores * 100).toFixed(0)} % of a core`,
    ]),
  ]),
);

const [, flooded] = rows;
const short = [
  [flooded.received < flooded.spans + flooded.warmed, 'spans were lost'],
  [flooded.spans / flooded.seconds < spansPerSecond * 0.99, 'the app could not make so many spans a second'],
  [flooded.delayMillis[1] > GOAL_DELAY_MILLIS, `p99 of the delay above ${GOAL_DELAY_MILLIS} ms`],
  [flooded.heap[1] - flooded.heap[0] > GOAL_HEAP_MEGABYTES, `the heap grew above ${GOAL_HEAP_MEGABYTES} MB`],
].filter(([isShort]) => isShort);
console.log();
console.log(short.length === 0 ? 'All goals are reached.' : '');
for (const [, words] of short) console.log(`FALLS SHORT: ${words}`);
process.exitCode = short.length > 0 ? 1 : 0;
