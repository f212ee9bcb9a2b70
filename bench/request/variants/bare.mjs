import { startApp } from '../app.mjs';

export async function start({ framework } = {}) {
  return { app: await startApp({ framework }), flush: async () => {} };
}
