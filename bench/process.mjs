import { fork, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Whether {@link startProcess} can keep processes on a core; without it figures are rough. */
export const pinning = canPin;

/**
 * Starts a script that answers messages `{ id, ask }` with `{ id, answer }` or `{ id, error }`.
 *
 * @param {URL} script
 * @param {{ args?: string[], core: 0 | 1, node?: string, nodeArgs?: string[] }} options
 * @returns {{ ask(question: unknown): Promise<any>, stop(): Promise<void> }}
 */
export function startProcess(script, { args = [], core, node = process.execPath, nodeArgs = [] }) {
  // `fork` starts what `execPath` names with `execArgv` before the script: taskset becomes Node.
  const child = fork(script, args, {
    execPath: canPin ? 'taskset' : node,
    execArgv: canPin ? ['-c', String(core), node, ...nodeArgs] : nodeArgs,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: withoutOpenTelemetry(process.env),
  });
  const waiting = new Map();
  let asked = 0;
  child.on('message', ({ id, answer, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  void exited.then((code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${script.pathname} ended with ${code}`));
  });
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const id = asked++;
        waiting.set(id, { resolve, reject });
        child.send({ id, ask: question });
      }),
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** A benchmark measures what it says, not what the shell it runs in has exported. */
function withoutOpenTelemetry(env) {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith('OTEL_')));
}
