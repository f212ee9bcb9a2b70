import { serviceClass } from '../service.mjs';

export async function start() {
  return { service: new (serviceClass())(), inRoot: (fn) => fn(), flush: async () => {} };
}
