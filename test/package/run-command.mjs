import { spawn } from 'node:child_process';

/** Settings of the npm that started this script, and of telemetry, must not leak into the apps. */
const inherited = Object.fromEntries(
  Object.entries(process.env).filter(
    ([key]) =>
      !/^npm_(package|lifecycle|config_(local_prefix|workspace|legacy|force))|^OTEL_|^NODE_(ENV|OPTIONS)$/i.test(
        key,
      ),
  ),
);

/**
 * Runs a command to its end; rejects with everything that it printed unless it exits
 * with one of `codes` in time.
 */
export function run(command, args, { cwd, seconds, env = {}, codes = [0] }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...inherited, ...env },
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (all += text));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (codes.includes(code)) return resolve({ stdout, all });
      const end = signal ? `was stopped by ${signal} after ${seconds} s` : `exited with ${code}`;
      reject(new Error(`${command.split('/').at(-1)} ${args.join(' ')} ${end}\n${all}`));
    });
  });
}
