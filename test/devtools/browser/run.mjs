// Runs the tests of the devtools page in the Chromium that this machine has.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const browser = [process.env.CHROMIUM_PATH, ...known].find((path) => path !== undefined && existsSync(path));
if (browser === undefined) {
  console.log('Skipped the tests of the devtools page: no Chromium found. Set CHROMIUM_PATH.');
  process.exit(0);
}
const { status } = spawnSync('npx', ['vitest', 'run', '--config', 'test/devtools/browser/vitest.config.ts'], {
  stdio: 'inherit',
  env: { ...process.env, CHROMIUM_PATH: browser },
});
process.exit(status ?? 1);
