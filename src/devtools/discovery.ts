import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** A running devtools server on this machine, of the same user. */
export interface RunningServer {
  readonly origin: string;
  readonly token: string;
  readonly pid: number;
}

/**
 * Writes a note with the server's address and token, so that commands of the same user, such as
 * `npx nestjs-telemetry mcp`, find it.
 *
 * @returns a function that removes the note
 */
export function announce(server: RunningServer): () => void {
  try {
    const folder = ownFolder();
    if (folder === undefined) return () => undefined;
    const file = join(folder, `${new URL(server.origin).port}.json`);
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(server), { mode: 0o600, flag: 'wx' });
    return () => rmSync(file, { force: true });
  } catch {
    return () => undefined;
  }
}

/** Returns the servers whose process is alive. */
export function runningServers(): RunningServer[] {
  const folder = ownFolder();
  if (folder === undefined) return [];
  return readdirSync(folder).flatMap((name) => {
    try {
      const server = JSON.parse(readFileSync(join(folder, name), 'utf8')) as RunningServer;
      process.kill(server.pid, 0);
      return [server];
    } catch {
      return [];
    }
  });
}

/** Returns a folder that only its user can read. A folder of another user in its place is not used. */
function ownFolder(): string | undefined {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `nestjs-telemetry-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || (uid !== -1 && found.uid !== uid)) return undefined;
  chmodSync(folder, 0o700);
  return folder;
}
