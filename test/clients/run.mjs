/*
 * Runs the tests of clients that need servers, against those that are installed.
 *
 *   node test/clients/run.mjs [postgres …]
 *
 * Servers that are not installed are skipped and named; with `REQUIRE_SERVERS=1` that is an error. Each
 * server is a file in `servers`, which gives its tests a URL in the variable `CLIENTS_<NAME>_URL`. The
 * oldest supported versions of the clients are installed into a temporary folder, `CLIENTS_OLDEST`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../support/server-program.mjs';

const FOLDER = fileURLToPath(new URL('servers', import.meta.url));
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.mjs') && file !== 'server.mjs')
  .map((file) => file.slice(0, -'.mjs'.length));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : names;

/** Installs old versions of clients beside the current ones. */
async function installOldest(dependencies) {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-clients-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: folder });
  return folder;
}

const env = { ...process.env };
const tests = [];
const stops = [];
const skipped = [];
const oldest = {};
let code = 0;
try {
  for (const name of wanted) {
    const { server } = await import(`./servers/${name}.mjs`);
    const started = server.program === undefined ? undefined : await server.start();
    if (started === undefined) {
      skipped.push(server.name);
      continue;
    }
    stops.push(started.stop);
    env[`CLIENTS_${name.toUpperCase()}_URL`] = started.url;
    tests.push(...server.tests.map((file) => join(FOLDER, file)));
    Object.assign(oldest, server.oldest);
  }
  if (tests.length > 0) {
    const folder = await installOldest(oldest);
    stops.push(async () => rmSync(folder, { recursive: true, force: true }));
    env.CLIENTS_OLDEST = folder;
    const config = join(FOLDER, 'vitest.config.ts');
    const vitest = spawn(process.execPath, [VITEST, 'run', '--config', config, ...new Set(tests)], {
      stdio: 'inherit',
      env,
    });
    [code] = await once(vitest, 'close');
  }
} finally {
  await Promise.all(stops.map((stop) => stop()));
}
if (skipped.length > 0) console.log(`Skipped, not installed: ${skipped.join(', ')}`);
process.exit(code !== 0 || (process.env.REQUIRE_SERVERS === '1' && skipped.length > 0) ? 1 : 0);
