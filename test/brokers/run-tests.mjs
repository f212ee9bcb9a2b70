import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * Runs the tests of this folder against one broker.
 *
 * @param root - where sources, tests and packages are
 * @returns the exit code
 */
export async function runTests(root, name, { queue: _queue, ...transport }) {
  const files = ['test/brokers/situations.test.ts', `test/brokers/${name}/`];
  // A server of Kafka cannot start where nobody has made its topics.
  if (name !== 'kafka') files.push('test/brokers/killed-server.test.ts');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--config', 'test/brokers/vitest.config.ts', ...files],
    {
      stdio: 'inherit',
      cwd: root,
      env: { ...process.env, BROKER: JSON.stringify({ name, port: portOf(transport), transport }) },
    },
  );
  const [code] = await once(child, 'close');
  return code;
}

function portOf({ options: { port, url, servers, urls, client } }) {
  return port ?? Number(/\d+$/.exec(url ?? servers ?? urls?.[0] ?? client.brokers[0])[0]);
}
