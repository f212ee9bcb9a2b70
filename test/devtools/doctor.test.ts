import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BROKEN_SETUPS, HEALTHY, type Setup } from './support/broken-setups.js';

const run = promisify(execFile);
const CLI = join(import.meta.dirname, '../../dist/devtools/cli.js');

interface Verdict {
  readonly code: number;
  readonly output: string;
}

/** Lays an app's files into a folder of its own and runs the command there. */
async function doctor(setup: Setup, ...args: string[]): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files: readonly [string, string | object | undefined][] = Object.entries({
    ...HEALTHY.files,
    ...setup.files,
  });
  for (const [path, content] of files) {
    if (content === undefined) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const server = setup.receiver === undefined ? undefined : await listen(setup.receiver);
  const env = Object.fromEntries(
    Object.entries(setup.env ?? {}).map(([name, value]) => [
      name,
      value.replace('PORT', String(server ?? 1)),
    ]),
  );
  return exec(folder, env, args);
}

async function exec(
  folder: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<Verdict> {
  // A temporary folder of its own: apps that run on this machine are not the patient.
  const options = { cwd: folder, env: { PATH: process.env['PATH'], TMPDIR: folder, ...env } };
  try {
    const { stdout } = await run(process.execPath, [CLI, 'doctor', ...args], options);
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, output: stdout };
  }
}

async function listen(receiver: RequestListener): Promise<number> {
  const server = createServer(receiver).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

describe('the doctor', () => {
  it('finds nothing in a healthy app', async () => {
    expect(await doctor({}, '--strict')).toEqual({
      code: 0,
      output: expect.stringContaining('0 errors, 0 warnings'),
    });
  });

  it('finds nothing in the sample app', async () => {
    const sample = join(import.meta.dirname, '../../sample-app');
    expect(await exec(sample, {}, ['--strict'])).toEqual({
      code: 0,
      output: expect.stringContaining('0 errors, 0 warnings'),
    });
  });

  it.each(BROKEN_SETUPS)('finds $finding: $name', async (setup) => {
    const { code, output } = await doctor(setup, '--strict');
    expect(output).toContain(`[${setup.finding}]`);
    const advice = output
      .split('\n')
      .find((_line, index, lines) => lines[index - 1]?.includes(`[${setup.finding}]`));
    expect(advice).toMatch(/→ \S.{5,}/);
    expect(code).toBe(1);
  });

  it('knows at least twenty broken set-ups', () => {
    expect(new Set(BROKEN_SETUPS.map(({ name }) => name)).size).toBeGreaterThanOrEqual(20);
  });

  it('lets warnings pass unless it is strict', async () => {
    const warned = BROKEN_SETUPS.find(({ finding }) => finding === 'no-shutdown-hooks') as Setup;
    expect((await doctor(warned)).code).toBe(0);
    expect((await doctor(warned, '--strict')).code).toBe(1);
  });

  it('answers JSON for programs', async () => {
    const findings = JSON.parse((await doctor({}, '--json')).output) as { level: string }[];
    expect(findings.every(({ level }) => level === 'ok')).toBe(true);
  });
});
