import { join } from 'node:path';
import {
  findProgram,
  freePort,
  home,
  run,
  startServer,
  versionFolders,
} from '../../support/server-program.mjs';

const FOLDERS = versionFolders('/usr/lib/postgresql');

/** PostgreSQL, with the data base and user `postgres`. */
export const server = {
  name: 'PostgreSQL',
  tests: ['postgres.test.ts'],
  /** Oldest versions of the clients that are supported. */
  oldest: { pg: '8.0.3', 'pg-cursor': '2.2.2', 'pg-query-stream': '3.1.1' },
  program: findProgram('postgres', FOLDERS),
  async start() {
    const { folder, as } = home('postgres', 'postgres');
    const data = join(folder, 'data');
    await run(
      findProgram('initdb', FOLDERS),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N'],
      {
        ...as,
        cwd: folder,
      },
    );
    const port = await freePort();
    const args = ['-D', data, '-p', port, '-h', '127.0.0.1', '-k', folder, '-F', '-c', 'max_connections=300'];
    // Smart shutdown waits for clients.
    const stop = await startServer(this.program, args, { port, folder, as, signal: 'SIGINT' });
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop };
  },
};
