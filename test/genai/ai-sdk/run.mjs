// Installs AI SDK 7 with the Nodes that it runs on, and runs the tests of model calls there.
import { execFileSync } from 'node:child_process';

const cwd = import.meta.dirname;
const root = `${cwd}/../../..`;
execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd, stdio: 'inherit' });
for (const node of ['node22', 'node24']) {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/genai/ai-sdk/vitest.config.ts'];
  execFileSync(`${cwd}/node_modules/${node}/bin/node`, [...vitest, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
}
