// kill -9 in full load: what is lost is at most what one delay window and the exports in flight held.
import { assert, sleep, startReceiver, startScript, waitFor } from '../lab.mjs';

const RATE = 1_000;
const DELAY_MILLIS = 500;
const BATCH = 512;

export async function run({ short, figure }) {
  const receiver = await startReceiver('grpc');
  const telemetry = {
    exporter: receiver.exporter,
    batch: { scheduledDelayMillis: DELAY_MILLIS, maxExportBatchSize: BATCH },
  };
  const app = startScript('script-app.mjs', [JSON.stringify({ telemetry, rate: RATE })]);
  await waitFor(
    () => app.messages.some(({ ended }) => ended >= 501),
    10_000,
    `the app's load: ${app.output()}`,
  );
  await sleep(short ? 1_000 : 5_000);
  app.child.kill('SIGKILL');
  await app.exited;
  await sleep(300);
  const ended = app.messages.at(-1).ended;
  const { unique } = await receiver.stats();
  // Counts arrive every 50 spans.
  const bound = (RATE * DELAY_MILLIS) / 1000 + 4 * BATCH + 50;
  figure('lost', `at most ${ended + 50 - unique} of ${ended} (bound ${bound})`);
  assert(ended + 50 - unique <= bound, 'more was lost than the window holds');
  receiver.stop();
}
