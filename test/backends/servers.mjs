import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/server-program.mjs';

/** What stops whatever was started, last first. */
const started = [];
/** Settles when everything has been stopped. */
let ending;

/** Has a function called when the suite ends, however it ends. */
export function atEnd(stop) {
  // It was started while the end was under way.
  if (ending !== undefined) ending = ending.then(stop);
  else started.push(stop);
}

/** Stops everything, once, whoever asks. */
export function stopAll() {
  return (ending ??= stopEach());
}

async function stopEach() {
  for (const stop of started.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      console.error(error);
      process.exitCode = 1;
    }
  }
}

/** A folder that is removed at the end. */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `nestjs-telemetry-${name}-`));
  atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Starts a program that is stopped at the end, and waits until `url` answers with a status below 500. */
export async function serve(program, args, { url, env = {} }) {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output = `${output}${chunk}`.slice(-4000)));
  }
  atEnd(async () => {
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(insist);
  });
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended:\n${output}`);
    return fetch(url).then(
      ({ status }) => status < 500,
      () => false,
    );
  }, program);
}

/** What a program prints, on both streams. */
export function printedBy(program, args) {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

/** Asks for JSON. @throws Error for a status that is not 2xx, unless it is `allowed` */
export async function getJson(url, { headers = {}, allowed } = {}) {
  const response = await fetch(url, { headers });
  if (response.status === allowed) return undefined;
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}
