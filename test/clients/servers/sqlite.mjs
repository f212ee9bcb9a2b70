import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../support/server-program.mjs';

/** Version 13 needs Node 22. */
const VERSION = Number.parseInt(process.versions.node) >= 22 ? '13.2.0' : '12.11.1';

/** `better-sqlite3` in a folder of its own: it is compiled where it is installed, which takes minutes. */
export const server = {
  name: 'better-sqlite3',
  tests: ['sqlite.test.ts'],
  oldest: {},
  program: process.execPath,
  async start() {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-sqlite-'));
    const stop = () => rmSync(folder, { recursive: true, force: true });
    const manifest = {
      private: true,
      allowScripts: { 'better-sqlite3': true },
      dependencies: { 'better-sqlite3': VERSION },
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    try {
      await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: folder });
      await run(process.execPath, ['-e', `require('better-sqlite3')(':memory:')`], { cwd: folder });
    } catch {
      stop();
      return undefined;
    }
    return { url: folder, stop };
  },
};
