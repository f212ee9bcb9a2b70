import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const STARTUP_MILLIS = 60_000;

/** Finds a program on the path, where Debian keeps servers, or in one of the `folders`. */
export function findProgram(program, folders = []) {
  const all = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...folders];
  return all.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Folders with programs of each installed version, newest first. */
export function versionFolders(parent) {
  if (!existsSync(parent)) return [];
  const versions = readdirSync(parent).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(parent, version, 'bin'));
}

/** A port that nothing listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks until a condition holds. @throws Error if it takes longer than the limit, by default that of a start */
export async function until(condition, what, limitMillis = STARTUP_MILLIS) {
  const end = Date.now() + limitMillis;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what} took too long`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether something listens on a port. */
export function accepts(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A folder for a server's data, and the user that the server runs as: databases refuse to be root's. */
export function home(name, user) {
  const folder = mkdtempSync(join(tmpdir(), `nestjs-telemetry-${name}-`));
  if (process.getuid?.() !== 0) return { folder, as: {} };
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  const found = [user, 'nobody'].map((wanted) => entries.find((line) => line.startsWith(`${wanted}:`)));
  const [, , uid, gid] = (found.find((line) => line !== undefined) ?? '').split(':').map(Number);
  chownSync(folder, uid, gid);
  return { folder, as: { uid, gid } };
}

/** Runs a program to its end. */
export async function run(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${code}\n${output}`);
}

/** Starts a server that listens on `port`. @returns stops it and removes its folder */
export async function startServer(program, args, { port, folder, as, signal = 'SIGTERM' }) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder, ...as });
  const ended = once(child, 'close');
  let output = '';
  child.stderr.on('data', (chunk) => (output = `${output}${chunk}`.slice(-4000)));
  const stop = async () => {
    child.kill(signal);
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await until(() => {
      if (child.exitCode !== null) throw new Error(`${program} ended:\n${output}`);
      return accepts(port);
    }, program);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
