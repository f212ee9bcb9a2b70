/*
 * Sends requests, events and jobs through real brokers between two processes, and compares the traces that
 * come of it: HTTP → message → handler → HTTP. Then the tests of this folder run with each broker.
 *
 *   npm run build && node test/brokers/run.mjs [redis nats mqtt rabbitmq kafka]
 *
 * Brokers that are not installed are skipped and named; with `REQUIRE_BROKERS=1` that is an error.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../support/server-program.mjs';
import { BROKERS, isInstalled, stopBrokers } from './broker-programs.mjs';
import { runTests } from './run-tests.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const APP = fileURLToPath(new URL('app.mjs', import.meta.url));
const KIND = { SERVER: 1, CLIENT: 2, PRODUCER: 3, CONSUMER: 4 };
const LAST_SPAN_MILLIS = 30_000;

class Process {
  lines = [];

  constructor(role, options) {
    this.child = spawn(process.execPath, [APP, role, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface(this.child.stdout).on('line', (line) => {
      if (line.startsWith('{')) this.lines.push(JSON.parse(line));
    });
  }

  async port() {
    await until(() => this.lines.length > 0 || this.child.exitCode !== null, 'the app');
    return this.lines[0].port;
  }

  /** What it has made until now. */
  async spans() {
    const answers = this.lines.length;
    this.child.stdin.write('spans\n');
    await until(() => this.lines.length > answers, 'an answer');
    return this.lines.at(-1).spans;
  }

  async end() {
    this.child.stdin.end();
    await once(this.child, 'close');
  }
}

async function check(name, options) {
  const shop = new Process('shop', options);
  const url = `http://127.0.0.1:${await shop.port()}`;
  const warehouse = new Process('warehouse', { ...options, callback: url });
  await warehouse.port();
  assert.equal(await (await fetch(`${url}/sum`)).text(), '6', `${name}: the answer`);
  await fetch(`${url}/ship`);
  if (options.queue !== undefined) await fetch(`${url}/job`);
  const calls = options.queue === undefined ? 1 : 2;
  let sent = [];
  let handled = [];
  const count = (spans, start) => spans.filter(({ name }) => name.startsWith(start)).length;
  await until(
    async () => {
      [sent, handled] = await Promise.all([shop.spans(), warehouse.spans()]);
      return count(sent, 'GET /done') >= calls && count(handled, 'process ') >= 2 * calls - 1;
    },
    `${name}: the last span`,
    LAST_SPAN_MILLIS,
  );
  await Promise.all([shop.end(), warehouse.end()]);
  const one = (spans, wanted) => {
    const found = spans.filter((span) => span.name === wanted.name && span.kind === wanted.kind);
    assert.equal(
      found.length,
      wanted.count ?? 1,
      `${name}: spans named ${wanted.name}\n${JSON.stringify([...sent, ...handled], null, 1)}`,
    );
    return found.at(-1);
  };
  const client = one(sent, { name: 'sum', kind: KIND.CLIENT });
  const server = one(handled, { name: 'sum', kind: KIND.SERVER });
  assert.deepEqual(
    [server.traceId, server.parent],
    [client.traceId, client.spanId],
    `${name}: a request is one trace`,
  );
  assert.equal(client.parent, one(sent, { name: 'GET /sum', kind: KIND.SERVER }).spanId);
  assert.equal(server.attributes['code.function.name'], 'WarehouseController.sum');

  const callbacks = sent.filter((span) => span.name === 'GET /done/:id');
  const linked = (producer, consumer, label) => {
    assert.deepEqual(consumer.links, [producer.spanId], `${name}: ${label} is linked to its sender`);
    assert.notEqual(consumer.traceId, producer.traceId);
    assert.ok(
      callbacks.some((span) => span.traceId === consumer.traceId && span.parent === consumer.spanId),
      `${name}: the call of ${label} continues its trace`,
    );
  };
  linked(
    one(sent, { name: 'send shipped', kind: KIND.PRODUCER }),
    one(handled, { name: 'process shipped', kind: KIND.CONSUMER }),
    'an event',
  );
  if (options.queue !== undefined) {
    const consumer = one(handled, { name: 'process packing', kind: KIND.CONSUMER, count: 2 });
    linked(one(sent, { name: 'send packing', kind: KIND.PRODUCER }), consumer, 'a job');
    assert.equal(consumer.attributes['nestjs.job.attempt'], 2);
  }
}

/** A test of its own, which prints what it has found and ends by itself. */
async function runScript(script, args) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: 'inherit' });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `${script} failed`);
}

let failed = false;
const skipped = [];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BROKERS);
try {
  for (const name of wanted) {
    if (!isInstalled(name)) {
      skipped.push(name);
      continue;
    }
    try {
      for (const options of await BROKERS[name]()) {
        await check(name, options);
        const { protocolVersion } = options.options;
        console.log(`${name}${protocolVersion === undefined ? '' : ` (protocol ${protocolVersion})`}: ok`);
        assert.equal(await runTests(ROOT, name, options), 0, `${name}: tests failed`);
        if (options.queue !== undefined) {
          await runScript('many-jobs.mjs', [String(options.queue.port)]);
          await runScript('sample-app.mjs', [String(options.queue.port)]);
        }
      }
    } catch (error) {
      failed = true;
      console.error(`${name}: FAILED\n${error.stack}`);
    }
  }
} finally {
  await stopBrokers();
}
if (skipped.length > 0) console.log(`Skipped, not installed: ${skipped.join(', ')}`);
process.exit(failed || (process.env.REQUIRE_BROKERS === '1' && skipped.length > 0) ? 1 : 0);
