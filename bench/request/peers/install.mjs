// Installs the peers by their own lock file into a folder that git ignores, with copies of the application and its
// server beside them: every package then finds one copy of Nest.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../../temp/bench-peers/', import.meta.url);
const here = (name) => new URL(name, import.meta.url);
const manifest = (directory) => JSON.parse(readFileSync(new URL('package.json', directory), 'utf8'));

/** @returns {URL} the folder, with a `server.mjs` */
export function installPeers() {
  const lock = readFileSync(here('package-lock.json'), 'utf8');
  const stamp = new URL('installed.lock', folder);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) cpSync(here(name), new URL(name, folder));
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], {
      cwd: fileURLToPath(folder),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    writeFileSync(stamp, lock);
  }
  for (const name of ['app.mjs', 'server.mjs']) cpSync(here(`../${name}`), new URL(name, folder));
  cpSync(here('variants/'), new URL('variants/', folder), { recursive: true });
  checkNest();
  return folder;
}

/** Rows are compared on one Nest. */
function checkNest() {
  for (const name of ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express']) {
    const [ours, theirs] = [new URL('../../../', import.meta.url), folder].map(
      (root) => manifest(new URL(`node_modules/${name}/`, root)).version,
    );
    if (ours !== theirs)
      throw new Error(`peers have ${name} ${theirs}, the library ${ours}: update the lock`);
  }
}

/** `nestjs-otel 8.1.1`, as installed */
export function peerVersion(name) {
  return `${name} ${manifest(here('./')).dependencies[name]}`;
}
