/*
 * Installs the packed library beside the newest Nest 11, and the first and the newest Nest 12, each in a
 * folder of its own, and compares what `@Sse` routes do with and without it, on Express and Fastify
 * (nest#17128, #17190, #17352).
 *
 *   npm run build && node test/streams/nest-versions/run.mjs
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The first Fastify adapter of Nest 12 that was published is a few patches younger than its core. */
const installations = [
  { name: 'newest Nest 11', core: '^11', fastify: '^11' },
  { name: 'first Nest 12', core: '12.0.0', fastify: firstOf('@nestjs/platform-fastify', 12) },
  { name: 'newest Nest 12', core: '^12', fastify: '^12' },
];

function firstOf(packageName, major) {
  const versions = JSON.parse(npm(root, 'view', packageName, 'versions', '--json'));
  return versions.find((version) => version.startsWith(`${major}.`) && !version.includes('-'));
}

function npm(cwd, ...args) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const work = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-nest-versions-'));
let failed = false;
try {
  const [{ filename }] = JSON.parse(
    npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', work),
  );
  for (const [index, { name, core, fastify }] of installations.entries()) {
    const folder = join(work, `app-${index}`);
    mkdirSync(folder);
    const dependencies = {
      'nestjs-telemetry': `file:../${filename}`,
      '@nestjs/common': core,
      '@nestjs/core': core,
      '@nestjs/platform-express': core,
      '@nestjs/platform-fastify': fastify,
      '@opentelemetry/api': '1.9.1',
      'reflect-metadata': '0.2.2',
      rxjs: '7.8.2',
    };
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ type: 'module', private: true, dependencies }),
    );
    for (const file of ['compare.mjs', '../nest-bugs/behaviour.mjs']) {
      copyFileSync(join(here, file), join(folder, file.split('/').at(-1)));
    }
    npm(folder, 'install', '--no-audit', '--no-fund', '--legacy-peer-deps');
    try {
      console.log(
        `${name}: ${execFileSync(process.execPath, ['compare.mjs'], { cwd: folder, encoding: 'utf8' }).trim()}`,
      );
    } catch (error) {
      failed = true;
      console.error(`${name}: FAILED\n${error.stdout}\n${error.stderr}`);
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
