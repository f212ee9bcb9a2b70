import { startApp } from '../app.mjs';

export async function start() {
  return { app: await startApp(), flush: async () => {} };
}
