// Sends by a worker of its own, from a timer, and has no flush: the wait of a burst's end is longer than the timer.
import { setTimeout } from 'node:timers/promises';
import { createObserveModule } from '@nestjs/observe';
import { startApp } from '../app.mjs';

const FLUSH_MILLIS = 500;

export async function start({ name, ports }) {
  const { ObserveModule, ObserveInstrument } = createObserveModule();
  const app = await startApp({
    imports: [
      ObserveModule.forRoot({
        appKey: 'key',
        appSecret: 'secret',
        serviceId: 'orders',
        endpoint: `http://127.0.0.1:${ports.http}/${name}`,
        flushInterval: FLUSH_MILLIS,
      }),
    ],
    nestOptions: { instrument: ObserveInstrument },
  });
  return { app, flush: () => setTimeout(FLUSH_MILLIS * 1.5) };
}
