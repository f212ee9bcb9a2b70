// The fault suite: breaks the network, the collector and the app's own parts, and holds the library to its
// promises. Usage: npm run test:faults [-- row…] all rows in full
//        npm run test:faults:short       each row shortened, for CI
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('.', import.meta.url);
const args = process.argv.slice(2);
const short = args.includes('--short');
const wanted = args.filter((arg) => !arg.startsWith('--'));
/** Cheap ones first. */
const ORDER = [
  'status-matrix',
  'in-flight-flush',
  'burst',
  'fat-spans',
  'oversize',
  'telling-receivers',
  'hanging-look-ups',
  'evicted-tenants',
  'blackhole-exit',
  'dead-exit',
  'sse-exit',
  'kill',
  'throwing-parts',
  'tenant-storm',
  'restart',
  'churn',
  'flapping',
  'outage',
  'soak',
];
/** Run by `npm test` as well, which CI has done before. */
const FULL_ONLY = new Set(['status-matrix']);
const existing = new Set(readdirSync(new URL('rows', folder)).map((file) => file.replace('.mjs', '')));
const rows = (wanted.length > 0 ? wanted : ORDER.filter((row) => !short || !FULL_ONLY.has(row))).filter(
  (row) => existing.has(row),
);

function runRow(row) {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('row.mjs', folder)), [row, short ? 'short' : 'full'], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let result;
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('message', (message) => (result = message));
    child.on('exit', (code, signal) => {
      resolve(
        result ?? { figures: [], failure: `exited with ${signal ?? code} before it reported\n${output}` },
      );
    });
  });
}

let failed = 0;
const begun = performance.now();
for (const row of rows) {
  const started = performance.now();
  const { figures, failure } = await runRow(row);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (failure !== undefined) failed++;
  console.log(
    `${failure === undefined ? 'ok  ' : 'FAIL'} ${row.padEnd(17)} ${seconds.padStart(6)} s  ${figures.join(' · ')}`,
  );
  if (failure !== undefined) console.log(failure.replace(/^/gm, '       '));
}
console.log(
  `${rows.length - failed} of ${rows.length} rows kept their promise, ${((performance.now() - begun) / 1000).toFixed(0)} s`,
);
process.exitCode = failed === 0 ? 0 : 1;
