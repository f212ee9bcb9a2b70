import { findProgram, freePort, home, startServer } from '../support/server-program.mjs';
import { server as postgres } from '../clients/servers/postgres.mjs';
import { atEnd } from './servers.mjs';

/** Stops a server also where the end comes while it starts. */
async function untilTheEnd(starting) {
  atEnd(async () => (await starting.catch(() => undefined))?.stop());
  return starting;
}

/** @returns the variable that leads apps to it */
export async function startRedis() {
  const port = await freePort();
  const { folder } = home('redis', 'redis');
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  await untilTheEnd(
    startServer(findProgram('redis-server'), args, { port, folder }).then((stop) => ({ stop })),
  );
  return { REDIS_URL: `redis://127.0.0.1:${port}` };
}

/** @returns the variable that leads apps to it */
export async function startPostgres() {
  const { url } = await untilTheEnd(postgres.start());
  return { POSTGRES_URL: url };
}

/** Whether PostgreSQL is installed. */
export const hasPostgres = postgres.program !== undefined;
