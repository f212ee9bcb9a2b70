/*
 * Sends requests, events and jobs through real brokers between two processes, and compares the traces that
 * come of it: HTTP → message → handler → HTTP.
 *
 *   npm run build && node test/brokers/run.mjs [redis nats mqtt rabbitmq kafka]
 *
 * Brokers that are not installed are skipped and named; with `REQUIRE_BROKERS=1` that is
 * an error, save for Kafka.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Transport } from '@nestjs/microservices';
import { Kafka } from 'kafkajs';
import { accepts, findProgram, freePort, until } from '../support/server-program.mjs';

const APP = fileURLToPath(new URL('app.mjs', import.meta.url));
const KIND = { SERVER: 1, CLIENT: 2, PRODUCER: 3, CONSUMER: 4 };
const LAST_SPAN_MILLIS = 30_000;

const work = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-brokers-'));
const started = [];

/** The server of RabbitMQ itself: Debian's script on the path becomes another user, who may not write here. */
const RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const find = (program) =>
  program === 'rabbitmq-server' && existsSync(RABBITMQ) ? RABBITMQ : findProgram(program);

async function startBroker(program, args, port, env = {}) {
  const broker = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env }, detached: true });
  started.push(broker);
  await until(() => accepts(port), program);
}

/** Erlang leaves its port mapper behind when RabbitMQ ends. */
const portMappers = [];

/** Each starts its broker, and gives the options of Nest's transport. */
const brokers = {
  async redis() {
    const port = await freePort();
    await startBroker(find('redis-server'), ['--port', port, '--save', '', '--dir', work], port);
    const options = { host: '127.0.0.1', port };
    return [{ transport: Transport.REDIS, options, queue: options }];
  },
  async nats() {
    const port = await freePort();
    await startBroker(find('nats-server'), ['-a', '127.0.0.1', '-p', port], port);
    return [{ transport: Transport.NATS, options: { servers: `nats://127.0.0.1:${port}` } }];
  },
  async mqtt() {
    const port = await freePort();
    const config = join(work, 'mosquitto.conf');
    writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    await startBroker(find('mosquitto'), ['-c', config], port);
    const url = `mqtt://127.0.0.1:${port}`;
    return [4, 5].map((protocolVersion) => ({
      transport: Transport.MQTT,
      options: { url, protocolVersion },
    }));
  },
  async rabbitmq() {
    const port = await freePort();
    const home = mkdtempSync(join(work, 'rabbitmq-'));
    const portMapper = String(await freePort());
    portMappers.push(portMapper);
    await startBroker(find('rabbitmq-server'), [], port, {
      HOME: home,
      RABBITMQ_NODENAME: `telemetry-${port}@localhost`,
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_DIST_PORT: String(await freePort()),
      ERL_EPMD_PORT: portMapper,
      RABBITMQ_MNESIA_BASE: join(home, 'data'),
      RABBITMQ_LOG_BASE: join(home, 'log'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'enabled_plugins'),
      RABBITMQ_PID_FILE: join(home, 'pid'),
    });
    const options = { urls: [`amqp://127.0.0.1:${port}`], queue: 'orders', queueOptions: { durable: false } };
    return [{ transport: Transport.RMQ, options }];
  },
  async kafka() {
    const [port, controllerPort] = [await freePort(), await freePort()];
    const folder = mkdtempSync(join(work, 'kafka-'));
    const config = join(folder, 'server.properties');
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
      'log.dirs': join(folder, 'data'),
      'offsets.topic.num.partitions': 1,
      'offsets.topic.replication.factor': 1,
      'group.initial.rebalance.delay.ms': 0,
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(config, lines.join(''));
    const java = ['-Xmx512m', '-cp', join(kafkaHome(), 'libs', '*')];
    const cluster = randomBytes(16).toString('base64url');
    const format = spawnSync('java', [
      ...java,
      'kafka.tools.StorageTool',
      'format',
      '-t',
      cluster,
      '-c',
      config,
    ]);
    assert.equal(format.status, 0, `Kafka's storage: ${format.stderr}`);
    await startBroker('java', [...java, 'kafka.Kafka', config], port);
    const client = {
      brokers: [`127.0.0.1:${port}`],
      logLevel: 0,
      retry: { initialRetryTime: 300, retries: 20 },
    };
    // Consumers of topics that do not exist yet are refused.
    const admin = new Kafka(client).admin();
    await admin.connect();
    await admin.createTopics({ topics: ['sum', 'sum.reply', 'shipped'].map((topic) => ({ topic })) });
    await admin.disconnect();
    return [{ transport: Transport.KAFKA, options: { client, consumer: { groupId: 'orders' } } }];
  },
};

/** `KAFKA_HOME`, or where the scripts on the path belong to. */
function kafkaHome() {
  const script = find('kafka-server-start.sh');
  const home = process.env.KAFKA_HOME ?? (script && join(script, '..', '..'));
  return home !== undefined && existsSync(join(home, 'libs')) ? home : undefined;
}

const PROGRAMS = {
  redis: 'redis-server',
  nats: 'nats-server',
  mqtt: 'mosquitto',
  rabbitmq: 'rabbitmq-server',
};

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
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(brokers);
try {
  for (const name of wanted) {
    const installed = name === 'kafka' ? kafkaHome() : find(PROGRAMS[name]);
    if (installed === undefined) {
      skipped.push(name);
      continue;
    }
    try {
      for (const options of await brokers[name]()) {
        await check(name, options);
        const { protocolVersion } = options.options;
        console.log(`${name}${protocolVersion === undefined ? '' : ` (protocol ${protocolVersion})`}: ok`);
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
  for (const { pid } of started) {
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  }
  await until(
    () => started.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null),
    'the end',
  );
  for (const portMapper of portMappers) spawnSync('epmd', ['-port', portMapper, '-kill']);
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}
if (skipped.length > 0) console.log(`Skipped, not installed: ${skipped.join(', ')}`);
const required = skipped.filter((name) => name !== 'kafka');
process.exit(failed || (process.env.REQUIRE_BROKERS === '1' && required.length > 0) ? 1 : 0);
