// One variant of bench/request under callgrind: its app is handed requests, and marks where the rounds that
// count begin and end.
import { spawn } from 'node:child_process';
import { getPriority } from 'node:os';
import { handOver } from './connection.mjs';

const { variant, framework, warmup, rounds, requests, events, twiceEvery } = JSON.parse(process.argv[2]);
const { start } = await import(`../request/variants/${variant}.mjs`);
const { app } = await start({
  name: variant,
  framework,
  receiverUrl: 'http://127.0.0.1:1',
  // Spans are encoded and kept: sending depends on time.
  config: { batch: { scheduledDelayMillis: 3_600_000, maxExportBatchSize: 65_536 } },
});
const server = app.getHttpServer();
const headers = { host: '127.0.0.1:3000', 'user-agent': 'nestjs-telemetry-bench', accept: '*/*' };
const order = () => handOver(server, '/orders/42', headers);

async function orders(count) {
  for (let index = 1; index <= count; index++) {
    await order();
    if (index % twiceEvery === 0) await order();
  }
}

/** callgrind writes down what was counted whenever this is called: a system call that nobody else makes. */
const mark = () => getPriority();

async function counted(work) {
  for (let round = 0; round < rounds; round++) {
    mark();
    await work();
    mark();
  }
}

/** Counting slows the start down, and is of no use before. */
async function countFromHere() {
  let running = true;
  const control = spawn('callgrind_control', ['-i', 'on', String(process.pid)], { stdio: 'ignore' });
  control.on('exit', () => (running = false));
  // Busy, since callgrind listens between instructions.
  while (running) await new Promise((resolve) => setImmediate(resolve));
}

await orders(warmup);
await countFromHere();
await counted(() => orders(requests));
if (events > 0) {
  const feed = () => handOver(server, `/feed/${events}`, headers);
  await feed();
  await counted(feed);
}
process.exit();
