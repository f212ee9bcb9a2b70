import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort, until } from '../support/server-program.mjs';
import { atEnd } from './servers.mjs';

const SAMPLE_APP = fileURLToPath(new URL('../../sample-app/dist/main.js', import.meta.url));
const SHOP = fileURLToPath(new URL('shop.mjs', import.meta.url));

const SHUTDOWN_MILLIS = 20_000;

/** Variables of whoever runs the suite would change what the apps do. */
const CLEAN_ENV = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(OTEL_|ARIZE_|PHOENIX_|SAMPLE_|NODE_ENV$)/.test(name)),
);

/** What people do with the sample app; every kind of span that it makes. */
const REQUESTS = [
  ['GET', '/orders/42', { 'x-user-id': 'ada' }],
  ['GET', '/orders/42/receipt'],
  ['DELETE', '/orders/42'],
  ['POST', '/orders/42/shipment'],
  ['GET', '/billing/invoices/42'],
  ['GET', '/billing/report'],
  ['GET', '/feed/finite'],
  ['GET', '/feed/failing'],
  ['GET', '/assistant/7'],
  ['GET', '/nowhere'],
];

/** An app in a process of its own that exports its spans, and prints them as JSON as well. */
class App {
  /** Spans that it printed. */
  printed = [];
  url;
  #log = '';

  constructor(script, env, command = [process.execPath]) {
    const [program, ...args] = command;
    this.child = spawn(program, [...args, script], {
      env: { ...CLEAN_ENV, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = once(this.child, 'close');
    atEnd(() => this.stop());
    createInterface(this.child.stdout).on('line', (line) => {
      if (line.startsWith('{')) this.printed.push(JSON.parse(line));
      else this.url ??= /http:\/\/(?:localhost|127\.0\.0\.1):\d+(?!\/\?)/.exec(line)?.[0];
    });
    this.child.stderr.on('data', (chunk) => (this.#log = `${this.#log}${chunk}`.slice(-4000)));
  }

  async ready() {
    await until(() => {
      if (this.child.exitCode !== null) throw new Error(`The app ended:\n${this.#log}`);
      return this.url !== undefined;
    }, 'the app');
    return this;
  }

  async send(method, path, headers = {}) {
    await (await fetch(this.url + path, { method, headers })).text();
  }

  /** Sends SIGTERM: what has ended is delivered before the process exits. */
  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) process.kill(this.#pid(), 'SIGTERM');
    let late = false;
    const insist = setTimeout(() => {
      late = true;
      process.kill(this.#pid(), 'SIGKILL');
    }, SHUTDOWN_MILLIS);
    await this.ended;
    clearTimeout(insist);
    if (late) throw new Error(`${this.url} did not end within ${SHUTDOWN_MILLIS} ms of SIGTERM`);
  }

  /** The app itself, where another program started it. */
  #pid() {
    const { pid, spawnargs } = this.child;
    if (spawnargs[0] === process.execPath) return pid;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim() || pid);
  }
}

/**
 * @param env - where the sample app exports to
 * @param command - starts Node
 */
export async function startSampleApp(env, command) {
  const port = String(await freePort());
  return new App(SAMPLE_APP, { PORT: port, NODE_ENV: 'production', ...env }, command).ready();
}

/** The app with what the sample app lacks. */
export function startShop(env) {
  return new App(SHOP, env).ready();
}

export async function useSampleApp(app) {
  await Promise.all(REQUESTS.map((request) => app.send(...request)));
}

export async function useShop(app) {
  for (const tenant of ['acme', 'globex']) await app.send('GET', '/work', { 'x-tenant': tenant });
}
