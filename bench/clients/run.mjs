// CPU of one query that is seen, beside the official instrumentation. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../node-version.mjs';
import { pinning, startProcess } from '../process.mjs';
import { interval, mean } from '../statistics.mjs';
import { turns } from '../turns.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '5' },
    queries: { type: 'string', default: '8000' },
    rounds: { type: 'string', default: '6' },
    warmup: { type: 'string', default: '64000' },
    clients: { type: 'string', default: 'ioredis,pg' },
    /** Servers inside of the worker: neither the kernel nor a data base disturbs. */
    'in-process': { type: 'boolean', default: false },
    node24: { type: 'boolean', default: false },
  },
});
const [sessions, queries, rounds, warmup] = ['sessions', 'queries', 'rounds', 'warmup'].map((name) =>
  Number(options[name]),
);
/** Few enough that none is folded, and as many roots at once as a busy app has requests. */
const SHAPE = { perRoot: 8, roots: 10 };
const SERVERS = { ioredis: 'redis', pg: 'postgres' };

const ROWS = [
  { name: 'bare', title: 'no telemetry' },
  { name: 'bare-again', title: 'no telemetry, again (A/A)' },
  { name: 'sdk-root', telemetry: 'sdk', title: 'SDK, a root span for 8 queries' },
  { name: 'sdk', telemetry: 'sdk', seen: true, title: 'the same, official instrumentation' },
  { name: 'library-root', telemetry: 'library', title: 'nestjs-telemetry, a root span, `clients: false`' },
  { name: 'library', telemetry: 'library', seen: true, title: 'nestjs-telemetry' },
];

const node = options.node24 ? nodeBinary(24) : process.execPath;

async function session(client, serverUrl) {
  const receiver = startProcess(new URL('../request/receiver.mjs', import.meta.url), { core: 1, node });
  const receiverUrl = `http://127.0.0.1:${await receiver.ask('port')}`;
  const workers = ROWS.map((row) => ({
    name: row.name,
    samples: [],
    worker: startProcess(new URL('worker.mjs', import.meta.url), {
      args: [JSON.stringify({ ...row, client, serverUrl, receiverUrl })],
      core: 0,
      node,
    }),
  }));
  try {
    const ask = { queries, ...SHAPE };
    for (const { worker } of workers) await worker.ask({ ...ask, queries: warmup });
    for (const { worker, samples } of turns(workers, rounds)) samples.push(await worker.ask(ask));
    const received = await receiver.ask('received');
    const made = queries * rounds + warmup;
    for (const { name, seen, telemetry } of ROWS) {
      if (telemetry === undefined) continue;
      const expected = made / SHAPE.perRoot + (seen ? made : 0);
      const spans = received[name]?.spans ?? 0;
      // Some clients have spans for their connections.
      if (Math.abs(spans - expected) > made / 100 && !(seen && spans > expected))
        throw new Error(`${client}, ${name}: ${spans} spans in place of ${expected}`);
    }
    return Object.fromEntries(
      workers.map(({ name, samples }) => [
        name,
        samples.reduce((sum, value) => sum + value) / samples.length,
      ]),
    );
  } finally {
    await Promise.all([receiver, ...workers.map(({ worker }) => worker)].map((process) => process.stop()));
  }
}

async function report(client, serverUrl) {
  const results = [];
  for (let run = 1; run <= sessions; run++) results.push(await session(client, serverUrl));
  console.log(`\n| ${client} | µs per query | µs above none |\n| --- | ---: | ---: |`);
  for (const { name, title } of ROWS) {
    const own = mean(results.map((result) => result[name] / 1000));
    const above = mean(results.map((result) => (result[name] - result.bare) / 1000));
    console.log(`| ${title} | ${interval(own, 1)} | ${interval(above, 1)} |`);
  }
  const cost = (seen, root) => mean(results.map((result) => result[seen] - result[root])).mean;
  const share = cost('library', 'library-root') / cost('sdk', 'sdk-root');
  console.log(`\n${client}: a seen query costs ${(share * 100).toFixed(0)} % of the official one`);
}

const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
const note = pinning ? '' : ', processes NOT pinned to cores';
console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${version}, ${cpus()[0]?.model.trim()}, ` +
    `${sessions} sessions of ${rounds} bursts of ${queries} queries${note}`,
);
for (const client of options.clients.split(',')) {
  if (options['in-process']) {
    await report(client);
    continue;
  }
  const { server } = await import(`../../test/clients/servers/${SERVERS[client]}.mjs`);
  if (server.program === undefined) {
    console.log(`\n${client}: ${server.name} is not installed`);
    continue;
  }
  const { url, stop } = await server.start();
  try {
    await report(client, url);
  } finally {
    await stop();
  }
}
