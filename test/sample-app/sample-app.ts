import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../sample-app/dist/main.js', import.meta.url));

/** Variables of whoever runs the tests would change what the app does. */
const CLEAN_ENV = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|ARIZE_|PHOENIX_|SAMPLE_|REDIS_|NODE_ENV$|VITEST)/.test(name),
  ),
);

/** The built sample app in a process of its own, on a free port. */
export class SampleApp {
  /** Where it listens. */
  url = '';
  private printed = '';
  private readonly changed = new Set<() => void>();
  private readonly exited: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.exited = once(child, 'exit');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.printed += text;
        for (const check of this.changed) check();
      });
    }
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<SampleApp> {
    const child = spawn(process.execPath, [MAIN], {
      // No Redis, also where one runs.
      env: { ...CLEAN_ENV, NO_COLOR: '1', PORT: '0', REDIS_URL: 'redis://127.0.0.1:1', ...env },
    });
    const app = new SampleApp(child);
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await app.exited;
    });
    const output = await app.waitFor(/and print them again:\n\n.*\n.*\n/, 15_000);
    app.url = /http:\/\/localhost:\d+/.exec(output)?.[0] ?? '';
    return app;
  }

  /** Everything that it has printed. */
  get output(): string {
    return this.printed;
  }

  /** The commands that it tells people to try. */
  get commands(): string[] {
    return [...this.printed.matchAll(/^ {2}(curl .*?)(?: {3}.*)?$/gm)].map(([, command]) => command ?? '');
  }

  /** Forgets what was printed so far. */
  forget(): void {
    this.printed = '';
  }

  /** Resolves with the output once it matches. @throws Error with the output when the time is up */
  waitFor(pattern: RegExp, timeoutMillis = 2000): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!pattern.test(this.printed)) return;
        clearTimeout(timer);
        this.changed.delete(check);
        resolve(this.printed);
      };
      const timer = setTimeout(() => {
        this.changed.delete(check);
        reject(new Error(`Not printed within ${timeoutMillis} ms: ${pattern}. Printed:\n${this.printed}`));
      }, timeoutMillis);
      this.changed.add(check);
      check();
    });
  }

  /** Sends a signal and resolves with the signal or exit code that ended the process. */
  async stop(signal: NodeJS.Signals): Promise<unknown> {
    this.child.kill(signal);
    const [code, by] = (await this.exited) as [number | null, string | null];
    return by ?? code;
  }
}

/** Sends what a `curl` command would send, where no curl is installed. */
export async function curl(command: string): Promise<{ status: number; body: string }> {
  const [program, ...words] = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
  if (program !== 'curl') throw new Error(`Not a curl command: ${command}`);
  const headers = new Headers();
  let method: string | undefined;
  let body: string | undefined;
  let url: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('-')) {
      url = word;
      continue;
    }
    // Without buffering: what `fetch` does anyway.
    if (word === '-N') continue;
    const value = words.shift() ?? '';
    if (word === '-X') method = value;
    else if (word === '-d') body = value;
    else if (word === '-u') headers.set('authorization', `Basic ${Buffer.from(value).toString('base64')}`);
    else if (word === '-H') headers.set(...(value.split(': ') as [string, string]));
    else throw new Error(`Unknown option of curl: ${word}`);
  }
  const response = await fetch(url ?? '', {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: await response.text() };
}
