import { once } from 'node:events';
import { connect } from 'node:net';

const DEADLINE_MILLIS = 500;

/** Where Redis is expected; without one, there are no jobs. */
export const REDIS_URL = process.env.REDIS_URL ?? 'redis://localhost:6379';

/** Whether something listens there. */
export const hasRedis = await listens(new URL(REDIS_URL));

async function listens({ hostname, port }: URL): Promise<boolean> {
  const socket = connect({ host: hostname, port: Number(port || 6379) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(DEADLINE_MILLIS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
