/* What the tarball says of itself and brings with it. */
import { deepStrictEqual } from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesBelow, inMegabytes } from './installed-size.mjs';
import { run } from './run-command.mjs';

const mostMegabytes = 25;

const required = {
  '@nestjs/common': '^11.0.0 || ^12.0.0',
  '@nestjs/core': '^11.0.0 || ^12.0.0',
  '@opentelemetry/api': '>=1.9.0 <2',
  'reflect-metadata': '^0.1.12 || ^0.2.0',
  rxjs: '^7.1.0',
};
const optional = {
  '@nestjs/config': '^4.0.0 || ^12.0.0',
  '@opentelemetry/exporter-prometheus': '>=0.223.0 <1',
  '@opentelemetry/exporter-zipkin': '^2.12.0 || ^3.0.0',
  '@opentelemetry/host-metrics': '>=0.38.3 <1',
  '@opentelemetry/instrumentation-runtime-node': '>=0.36.0 <1',
  '@opentelemetry/propagator-b3': '^2.12.0 || ^3.0.0',
};

async function emptyApp(directory, name, tarball, ...flags) {
  const app = join(directory, name);
  await mkdir(app, { recursive: true });
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  await run('npm', ['install', '--no-fund', '--no-audit', ...flags, tarball], { cwd: app, seconds: 240 });
  return app;
}

/** Checks peers, the packages that come along, and the size without peers. */
export async function checkTarball(tarball, directory) {
  const alone = await emptyApp(directory, 'without-peers', tarball, '--legacy-peer-deps');
  const packages = (await readdir(join(alone, 'node_modules'))).filter((name) => !name.startsWith('.'));
  deepStrictEqual(packages, ['nestjs-telemetry']);
  const manifest = JSON.parse(
    await readFile(join(alone, 'node_modules', 'nestjs-telemetry', 'package.json'), 'utf8'),
  );
  deepStrictEqual(manifest.dependencies, undefined);
  deepStrictEqual(manifest.peerDependencies, { ...required, ...optional });
  deepStrictEqual(
    manifest.peerDependenciesMeta,
    Object.fromEntries(Object.keys(optional).map((name) => [name, { optional: true }])),
  );
  const chunks = join(alone, 'node_modules', 'nestjs-telemetry', 'dist', 'chunks');
  for (const file of await readdir(chunks)) {
    if (file.endsWith('.js') && /[^\0-\x7f]/.test(await readFile(join(chunks, file), 'utf8')))
      throw new Error(`Expected ${file} in ASCII, of which V8 keeps one byte a character.`);
  }
  const bytes = await bytesBelow(join(alone, 'node_modules'));
  if (bytes > mostMegabytes * 1e6)
    throw new Error(`Expected at most ${mostMegabytes} MB without peers, got ${inMegabytes(bytes)}.`);

  const fresh = await emptyApp(directory, 'only-the-library', tarball);
  const { stdout } = await run('npm', ['ls', '@opentelemetry/core'], {
    cwd: fresh,
    seconds: 60,
    codes: [0, 1],
  });
  if (stdout.includes('@opentelemetry/core'))
    throw new Error(`Expected no @opentelemetry/core in a fresh app, got\n${stdout}`);
  return `${inMegabytes(bytes)} without peers, no @opentelemetry/core`;
}
