import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Installs packages into a temporary folder that goes away with the process: what only a
 * benchmark needs is no dependency.
 *
 * @param {string[]} packages such as `node@24`
 * @returns {string} the folder
 */
export function installTemporarily(packages) {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, ...packages], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return folder;
}

/** Path of the binary of another Node release, from npm. */
export function nodeBinary(release) {
  return join(installTemporarily([`node@${release}`]), 'node_modules', 'node', 'bin', 'node');
}
