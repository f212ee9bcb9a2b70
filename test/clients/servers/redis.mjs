import { findProgram, freePort, home, startServer } from '../../support/server-program.mjs';

export const server = {
  name: 'Redis',
  tests: ['redis.test.ts', 'situations.test.ts'],
  /** The first versions that publish their commands. */
  oldest: { ioredis: '5.11.0', redis: '6.3.0' },
  program: findProgram('redis-server'),
  async start() {
    const { folder, as } = home('redis', 'redis');
    const port = await freePort();
    const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
    const stop = await startServer(this.program, args, { port, folder, as });
    return { url: `redis://127.0.0.1:${port}`, stop };
  },
};
