/*
 * Sends what the sample app does to real backends, and compares each span that they have with what the console printed
 * for its ids; runs every query of the dashboards and rules in deploy/ against a real Prometheus.
 *
 *   npm run test:backends [-- otlp collector zipkin phoenix prometheus] [--results]
 *
 * `--results` prints what each query answered first. Backends that are not installed are named; with `REQUIRE_BACKENDS=zipkin,…` those listed have to be there.
 */
import { promtool, queries } from './prometheus.mjs';
import { startSampleApp, useSampleApp } from './apps.mjs';
import { CHECKS, compare } from './compare.mjs';
import { stopAll } from './servers.mjs';
import { findProgram, until } from '../support/server-program.mjs';
import { startRedis } from './stores.mjs';
import { SPAN_BACKENDS } from './span-backends.mjs';

const ARRIVAL_MILLIS = 30_000;

const wanted = process.argv.slice(2).filter((name) => !name.startsWith('--'));
const isWanted = (name) =>
  wanted.length === 0 || wanted.some((word) => name.toLowerCase().startsWith(word.toLowerCase()));
const missing = [];
const rows = [];

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => void stopAll().finally(() => process.exit(1)));
}

/** Sends the requests and compares, until the backend has shown everything or the time is up. */
async function check({ name, start }, found, redis) {
  const { env, as, read, command } = await start(found);
  const app = await startSampleApp({ OTEL_METRICS_EXPORTER: 'none', ...redis, ...env }, command);
  await useSampleApp(app);
  await app.stop();
  const { printed } = app;
  const traceIds = [...new Set(printed.map(({ traceId }) => traceId))];
  const end = Date.now() + ARRIVAL_MILLIS;
  let received;
  // What has not arrived at the end shows in the counts.
  await until(async () => {
    received = await read(traceIds);
    return received.length >= printed.length || Date.now() > end;
  }, name);
  return { name, of: printed.length, counts: compare(printed, received, as) };
}

function printTable() {
  const cells = [
    ['', ...CHECKS],
    ...rows.map(({ name, of, counts }) => [
      name,
      ...CHECKS.map((name) => (counts[name] === undefined ? '–' : `${counts[name]}/${of}`)),
    ]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  for (const row of cells) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  '));
  console.log('–: the format does not have it');
}

let failure;
try {
  const redis = findProgram('redis-server') === undefined ? {} : await startRedis();
  for (const backend of SPAN_BACKENDS.filter(({ name }) => isWanted(name))) {
    const found = backend.find();
    if (found === undefined) missing.push([backend.name, backend.needs]);
    else rows.push(await check(backend, found, redis));
  }
  if (rows.length > 0) printTable();
  if (isWanted('Prometheus')) {
    for (const part of [promtool, queries]) {
      const reason = await part(redis);
      if (reason !== undefined) missing.push(['Prometheus', reason]);
    }
  }
} catch (error) {
  failure = error;
} finally {
  await stopAll();
}

for (const [name, needs] of missing) console.log(`Not checked: ${name}, which needs ${needs}.`);
const required = (process.env.REQUIRE_BACKENDS ?? '').split(',').filter(Boolean);
const absent = required.filter((name) =>
  missing.some(([other]) => other.toLowerCase() === name.toLowerCase()),
);
if (absent.length > 0) failure ??= new Error(`Required and not there: ${absent.join(', ')}`);
if (failure !== undefined) {
  if (rows.length > 0) console.log(`Passed before: ${rows.map(({ name }) => name).join(', ')}`);
  console.error(failure);
}
process.exit(failure === undefined ? process.exitCode : 1);
