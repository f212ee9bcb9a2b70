/*
 * Packs the library, installs the tarball with a plain `npm install` into empty apps as a user would have them, compiles each
 * with TypeScript, and runs it on every Node: one request must print a server span and a span of the service, in one trace.
 *
 *   npm run build && node test/package/run.mjs [part of an app's name]
 */
import { spawn } from 'node:child_process';
import {
  access,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');

const express12 = { '@nestjs/platform-express': '12.5.1' };
const nest12 = { '@nestjs/common': '12.5.1', '@nestjs/core': '12.5.1' };
const apps = [
  { name: 'Nest 12, ESM, Express', type: 'module', main: 'express', nest: { ...nest12, ...express12 } },
  {
    name: 'Nest 12, CommonJS, Express',
    type: 'commonjs',
    main: 'express',
    nest: { ...nest12, ...express12 },
  },
  {
    name: 'Nest 11, CommonJS, Express',
    type: 'commonjs',
    main: 'express',
    nest: { '@nestjs/common': '^11', '@nestjs/core': '^11', '@nestjs/platform-express': '^11' },
  },
  {
    name: 'Nest 12, ESM, Fastify',
    type: 'module',
    main: 'fastify',
    nest: { ...nest12, '@nestjs/platform-fastify': '12.5.0' },
    absent: ['express', '@nestjs/platform-express'],
  },
];
/** What every app has beside Nest. OpenTelemetry's API is pinned: 1.10 is outside of the SDK's own peer range. */
const dependencies = { '@opentelemetry/api': '1.9.1', 'reflect-metadata': '0.2.2', rxjs: '7.8.2' };
const devDependencies = { '@types/node': '^20.19.0', typescript: '~6.0.3' };
const compilerOptions = {
  target: 'ES2023',
  module: 'nodenext',
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  // Stricter than Nest's starter: the library's types must hold against those of the app's own Nest.
  skipLibCheck: false,
  types: ['node'],
  rootDir: 'src',
  outDir: 'dist',
};

/** npm's settings for the project that started this script must not leak into the apps; nor any telemetry setting. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([key]) => !/^npm_(package|lifecycle|config_(local_prefix|workspace|legacy|force))|^OTEL_/i.test(key),
  ),
);

/** Runs a command to its end; rejects with everything that it printed unless it exits with 0 in time. */
function run(command, args, { cwd, seconds }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, timeout: seconds * 1000, killSignal: 'SIGKILL' });
    let stdout = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (all += text));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const end = signal ? `was stopped by ${signal} after ${seconds} s` : `exited with ${code}`;
      reject(new Error(`${command.split('/').at(-1)} ${args.join(' ')} ${end}\n${all}`));
    });
  });
}

const npmInstall = (cwd, ...packages) =>
  run('npm', ['install', '--no-fund', '--no-audit', ...packages], { cwd, seconds: 240 });

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );
const versionOf = async (app, name) =>
  JSON.parse(await readFile(join(app, 'node_modules', name, 'package.json'), 'utf8')).version;

async function pack(into) {
  if (!(await exists(join(root, 'dist', 'index.js'))))
    throw new Error('There is no dist: `npm run build` first.');
  await run('npm', ['pack', '--pack-destination', into], { cwd: root, seconds: 60 });
  const [tarball] = (await readdir(into)).filter((file) => file.endsWith('.tgz'));
  return join(into, tarball);
}

/** The package `node` only installs this one, by an install script that npm may be told not to run. */
async function installNode24(directory) {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  await mkdir(directory);
  await writeFile(join(directory, 'package.json'), JSON.stringify({ private: true }));
  await npmInstall(directory, `${name}@24`);
  return join(directory, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

async function createApp(app, directory, tarball) {
  await mkdir(join(directory, 'src'), { recursive: true });
  const manifest = {
    name: 'app',
    private: true,
    type: app.type,
    dependencies: { ...app.nest, ...dependencies },
    devDependencies,
  };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest, null, 2));
  await writeFile(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['src'] }, null, 2),
  );
  await copyFile(join(here, 'app', 'app.module.ts'), join(directory, 'src', 'app.module.ts'));
  await copyFile(join(here, 'app', `main.${app.main}.ts`), join(directory, 'src', 'main.ts'));

  await npmInstall(directory, tarball);
  for (const name of app.absent ?? []) {
    if (await exists(join(directory, 'node_modules', name)))
      throw new Error(`${name} was installed, and nobody asked for it.`);
  }
  await run('npm', ['ls', '@opentelemetry/api', '@opentelemetry/core', '@nestjs/core'], {
    cwd: directory,
    seconds: 60,
  });
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], {
    cwd: directory,
    seconds: 120,
  });
}

/** One JSON object a line; anything else on stdout is the app's own. */
function spansIn(stdout) {
  return stdout.split('\n').flatMap((line) => {
    try {
      const value = JSON.parse(line);
      return typeof value?.traceId === 'string' ? [value] : [];
    } catch {
      return [];
    }
  });
}

/** @returns the trace's id */
function checkSpans(stdout) {
  const spans = spansIn(stdout);
  const fail = (why) => {
    throw new Error(`${why}\nstdout of the app:\n${stdout}`);
  };
  const only = (name) => {
    const found = spans.filter((span) => span.name === name);
    return found.length === 1 ? found[0] : fail(`Expected one span "${name}", got ${found.length}.`);
  };
  const server = only('GET /hello/:id');
  const work = only('work');
  if (server.parentSpanId)
    fail(`Expected the server span to be a root, got the parent ${server.parentSpanId}.`);
  if (work.traceId !== server.traceId) fail(`Expected one trace, got ${work.traceId} and ${server.traceId}.`);
  if (!work.parentSpanId) fail('Expected "work" to have a parent, got a root.');
  return server.traceId;
}

async function checkApp(app, directory, tarball, nodes) {
  let failures = 0;
  const report = (outcome, node, detail) =>
    console.log(
      `${outcome === 'ok' ? 'ok    ' : 'FAILED'} ${app.name.padEnd(27)} ${node.padEnd(14)} ${detail}`,
    );
  try {
    await createApp(app, directory, tarball);
  } catch (error) {
    report('failed', 'install', error.message);
    return 1;
  }
  const nest = await versionOf(directory, '@nestjs/core');
  for (const node of nodes) {
    try {
      const stdout = await run(node.path, ['dist/main.js'], { cwd: directory, seconds: 30 });
      report('ok', node.version, `@nestjs/core ${nest}, trace ${checkSpans(stdout)}`);
    } catch (error) {
      failures += 1;
      report('failed', node.version, error.message);
    }
  }
  return failures;
}

/** `realpath`, since npm links a folder under a linked temporary directory in two different ways. */
const temporary = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-telemetry-package-')));
const cleanUp = () => rm(temporary, { recursive: true, force: true, maxRetries: 3 });
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void cleanUp().then(() => process.exit(1)));

try {
  const wanted = apps.filter((app) => app.name.includes(process.argv[2] ?? ''));
  const [tarball, node24] = await Promise.all([pack(temporary), installNode24(join(temporary, 'node24'))]);
  const nodes = await Promise.all(
    [process.execPath, node24].map(async (path) => ({
      path,
      version: `Node ${(await run(path, ['--version'], { cwd: temporary, seconds: 10 })).trim()}`,
    })),
  );
  const queue = wanted.map((app, index) => ({ app, directory: join(temporary, `app-${index}`) }));
  let failures = 0;
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      failures += await checkApp(next.app, next.directory, tarball, nodes);
      await rm(next.directory, { recursive: true, force: true });
    }
  };
  await Promise.all([worker(), worker()]);
  if (wanted.length === 0) throw new Error(`No app's name contains "${process.argv[2]}".`);
  if (failures > 0) process.exitCode = 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
