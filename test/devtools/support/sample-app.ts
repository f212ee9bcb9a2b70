import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface RunningSample {
  readonly url: string;
  readonly devtools: { readonly url: string; readonly origin: string; readonly token: string };
}

/** The sample app as `npm start` runs it, on a free port. */
export async function startSampleApp(): Promise<RunningSample> {
  const app = spawn(process.execPath, ['dist/main.js'], {
    cwd: join(import.meta.dirname, '../../../sample-app'),
    env: { ...process.env, PORT: '0', NODE_ENV: '' },
  });
  onTestFinished(async () => {
    if (app.exitCode !== null) return;
    app.kill('SIGKILL');
    await once(app, 'exit');
  });
  const devtools = new URL(await said(app, /^Devtools: (\S+)/m));
  const url = await said(app, /listens on (\S+?)\.? /);
  return {
    url: url.replace('[::1]', 'localhost'),
    devtools: {
      url: devtools.href,
      origin: devtools.origin,
      token: devtools.searchParams.get('token') ?? '',
    },
  };
}

const outputs = new WeakMap<object, { text: string }>();

/** Waits for a line of its output. */
function said(app: ReturnType<typeof spawn>, pattern: RegExp): Promise<string> {
  let output = outputs.get(app);
  if (output === undefined) {
    const collected = (output = { text: '' });
    outputs.set(app, output);
    for (const stream of [app.stdout, app.stderr])
      stream?.on('data', (chunk) => (collected.text += String(chunk)));
  }
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = pattern.exec(output.text)?.[1];
      if (found !== undefined) resolve(found);
    };
    app.stdout?.on('data', look);
    app.once('exit', () => reject(new Error(`The sample app ended: ${output.text}`)));
    look();
  });
}
