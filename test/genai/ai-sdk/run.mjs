// Installs AI SDK 7 with a Node that it runs on, and runs its test there.
import { execFileSync } from 'node:child_process';

const cwd = import.meta.dirname;
execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd, stdio: 'inherit' });
execFileSync(`${cwd}/node_modules/node/bin/node`, ['--test', 'ai-sdk.test.mjs'], { cwd, stdio: 'inherit' });
