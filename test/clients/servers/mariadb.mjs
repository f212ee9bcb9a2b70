import { join } from 'node:path';
import { findProgram, freePort, home, run, startServer } from '../../support/server-program.mjs';

/** MariaDB, with the data base `test` and the user `root`, who has no password. */
export const server = {
  name: 'MariaDB',
  tests: ['mariadb.test.ts', 'situations.test.ts'],
  oldest: {},
  program: findProgram('mariadbd'),
  async start() {
    const { folder, as } = home('mariadb', 'mysql');
    const data = join(folder, 'data');
    const own = ['--no-defaults', `--datadir=${data}`];
    await run(findProgram('mariadb-install-db'), [...own, '--auth-root-authentication-method=normal'], {
      ...as,
      cwd: folder,
    });
    const port = await freePort();
    const socket = `--socket=${join(folder, 'socket')}`;
    const args = [...own, `--port=${port}`, '--bind-address=127.0.0.1', socket, '--max-connections=300'];
    const stop = await startServer(this.program, args, { port, folder, as });
    return { url: `mysql://root@127.0.0.1:${port}/test`, stop };
  },
};
