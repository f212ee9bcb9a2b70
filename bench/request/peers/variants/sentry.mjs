import * as Sentry from '@sentry/node';

export async function start({ name, ports }) {
  Sentry.init({ dsn: `http://key@127.0.0.1:${ports.http}/${name}/1`, tracesSampleRate: 1 });
  const { startApp } = await import('../app.mjs');
  return { app: await startApp(), flush: async () => void (await Sentry.flush(10_000)) };
}
