/*
 * Starts the brokers that are installed, each on free ports and with its data in a temporary folder.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transport } from '@nestjs/microservices';
import { Kafka } from 'kafkajs';
import { accepts, findProgram, freePort, until } from '../support/server-program.mjs';

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
export const BROKERS = {
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

/** `KAFKA_HOME`, what the scripts on the path belong to, or the archives of `.ci/install-servers`. */
function kafkaHome() {
  const script = find('kafka-server-start.sh');
  const cache =
    process.env.BACKENDS_CACHE ?? join(process.env.HOME ?? '', '.cache', 'nestjs-telemetry-backends');
  const homes = [process.env.KAFKA_HOME, script && join(script, '..', '..'), join(cache, 'kafka')];
  return homes.find((home) => home !== undefined && existsSync(join(home, 'libs')));
}

const PROGRAMS = {
  redis: 'redis-server',
  nats: 'nats-server',
  mqtt: 'mosquitto',
  rabbitmq: 'rabbitmq-server',
};

/** Whether a broker can be started here. */
export function isInstalled(name) {
  return name === 'kafka'
    ? kafkaHome() !== undefined && find('java') !== undefined
    : find(PROGRAMS[name]) !== undefined;
}

/** Ends all brokers that were started, and removes their data. */
export async function stopBrokers() {
  for (const { pid } of started) {
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  }
  const ended = () => started.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
  await until(ended, 'the end');
  for (const portMapper of portMappers) spawnSync('epmd', ['-port', portMapper, '-kill']);
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}
