/*
 * Runs the tests of entries and brokers against Nest 11 and the packages of its time, in a folder of its own.
 * Brokers that are not installed are skipped and named.
 *
 *   node test/entries/nest-11/run.mjs [entries | redis | nats | mqtt | rabbitmq | kafka] …
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BROKERS, isInstalled, stopBrokers } from '../../brokers/broker-programs.mjs';
import { runTests } from '../../brokers/run-tests.mjs';

const BROKER_NAMES = ['redis', 'nats', 'mqtt', 'rabbitmq', 'kafka'];
const chosen = process.argv.slice(2);
const isChosen = (name) => chosen.length === 0 || chosen.includes(name);

/** The tests of GraphQL that are about entries. */
const GRAPHQL = ['choices', 'errors', 'subscriptions'];

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const NEST_11 = {
  '@nestjs/apollo': '^13',
  '@nestjs/bullmq': '^11',
  '@nestjs/common': '^11',
  '@nestjs/core': '^11',
  '@nestjs/cqrs': '^11',
  '@nestjs/event-emitter': '^3',
  '@nestjs/graphql': '^13',
  '@nestjs/microservices': '^11',
  '@nestjs/platform-express': '^11',
  '@nestjs/platform-fastify': '^11',
  '@nestjs/platform-socket.io': '^11',
  '@nestjs/platform-ws': '^11',
  '@nestjs/schedule': '^6',
  '@nestjs/testing': '^11',
  '@nestjs/websockets': '^11',
  // The client of NATS by its former name.
  nats: '^2',
};
/** What tests and sources import besides. */
const OTHERS =
  /^(@apollo|@as-integrations|@elastic|@grpc|@opentelemetry|amqp|bullmq|fastify|graphql|ioredis|kafkajs|mqtt|reflect-metadata|rxjs|socket\.io-client|undici|vitest|vite|ws|preact)/;

const work = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-nest-11-'));
try {
  for (const path of [
    'src',
    'test/brokers',
    'test/entries',
    'test/metrics/support',
    'test/nest/graphql',
    'test/support',
    'tsconfig.json',
    'vitest.config.ts',
  ])
    cpSync(join(root, path), join(work, path), { recursive: true });
  const dependencies = {
    ...Object.fromEntries(Object.entries(devDependencies).filter(([name]) => OTHERS.test(name))),
    ...NEST_11,
  };
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const manifest = { name: 'nestjs-telemetry', version, type: 'module', private: true, dependencies };
  writeFileSync(join(work, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--legacy-peer-deps', '--loglevel=error'], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const core = JSON.parse(readFileSync(join(work, 'node_modules/@nestjs/core/package.json'), 'utf8'));
  console.log(`Nest ${core.version}`);
  if (isChosen('entries')) {
    const tests = ['test/entries', ...GRAPHQL.map((name) => `test/nest/graphql/${name}.test.ts`)];
    const { status } = spawnSync('npx', ['vitest', 'run', ...tests], { cwd: work, stdio: 'inherit' });
    process.exitCode = status ?? 1;
  }
  for (const name of BROKER_NAMES.filter(isChosen)) {
    if (!isInstalled(name)) {
      console.log(`Skipped, not installed: ${name}`);
      continue;
    }
    for (const options of await BROKERS[name]()) {
      if ((await runTests(work, name, options)) !== 0) process.exitCode = 1;
    }
  }
} finally {
  await stopBrokers();
  rmSync(work, { recursive: true, force: true });
}
