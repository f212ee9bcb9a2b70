// Runs the worker under callgrind and reads what it counted.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));

/**
 * Nothing of these depends on time or chance; a young generation that holds a round leaves the garbage
 * collector out of it.
 */
const DETERMINISTIC = [
  ...['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1'],
  ...['--min-semi-space-size=64', '--max-semi-space-size=128'],
];

/** Addresses that differ from run to run change hash codes; some containers allow nothing else. */
const fixedAddresses = spawnSync('setarch', ['-R', 'true']).status === 0 ? ['setarch', '-R'] : [];

export const valgrindVersion = spawnSync('valgrind', ['--version'], { encoding: 'utf8' }).stdout?.trim();

/**
 * @param {string} node path of the binary
 * @param {boolean} jit whether V8 compiles, as in production; without it, a count depends on the code alone
 * @param {{ rounds: number, requests: number, events: number }} work and whatever else the worker takes
 * @returns {Promise<{ request: number, event: number | undefined }>} instructions, of the cheapest round each
 */
export async function count(node, jit, work) {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-instructions-'));
  try {
    const [command, ...args] = [
      ...fixedAddresses,
      ...[
        'valgrind',
        '--tool=callgrind',
        '--instr-atstart=no',
        `--callgrind-out-file=${join(folder, 'out')}`,
      ],
      ...['--dump-before=node::os::GetPriority*', ...(jit ? ['--smc-check=all-non-file'] : [])],
      ...[
        node,
        ...DETERMINISTIC,
        ...(jit ? [] : ['--jitless', '--no-warnings']),
        WORKER,
        JSON.stringify(work),
      ],
    ];
    await promisify(execFile)(command, args, { env: withoutOpenTelemetry(process.env) });
    // Every second one is what came between two rounds.
    const counts = dumps(folder).filter((_, index) => index % 2 === 1);
    const { rounds } = work;
    if (counts.length !== (work.events > 0 ? 2 : 1) * rounds)
      throw new Error(`counted ${counts.length} rounds`);
    const [requests, streams] = [counts.slice(0, rounds), counts.slice(rounds)];
    return {
      request: Math.min(...requests) / work.requests,
      event: work.events > 0 ? Math.min(...streams) / work.events : undefined,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts in the order of the marks. */
function dumps(folder) {
  const numbers = readdirSync(folder)
    .map((name) => Number(/^out\.(\d+)$/.exec(name)?.[1]))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
  return numbers.map((number) => {
    const [, total] = /^summary: (\d+)/m.exec(readFileSync(join(folder, `out.${number}`), 'utf8')) ?? [];
    return Number(total);
  });
}

/** A benchmark measures what it says, not what the shell it runs in has exported. */
function withoutOpenTelemetry(env) {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith('OTEL_')));
}
