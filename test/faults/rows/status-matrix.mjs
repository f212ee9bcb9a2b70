// Every gRPC and HTTP status, RetryInfo, Retry-After, partial success: the specification's retry set exactly,
// as the unit suite has it.
import { spawnSync } from 'node:child_process';
import { assert } from '../lab.mjs';

export async function run({ figure }) {
  const { stdout, status } = spawnSync(
    'npx',
    ['vitest', 'run', 'test/pipeline/status-matrix.test.ts', '--reporter=json'],
    {
      encoding: 'utf8',
    },
  );
  const report = JSON.parse(stdout.slice(stdout.indexOf('{')));
  figure('cases', `${report.numPassedTests} of ${report.numTotalTests}`);
  const broken = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter((test) => test.status === 'failed');
  assert(
    status === 0,
    broken.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages}`).join('\n'),
  );
}
