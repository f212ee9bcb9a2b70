// Ten minutes at 500 requests/s: the heap's slope is noise. TELEMETRY_SOAK_MINUTES=30 for the long form.
import { assert, assertIdentity, memory, sleep, startLoad, startReceiver, startServer } from '../lab.mjs';

export async function run({ short, figure }) {
  const minutes = short ? 0.2 : Number(process.env.TELEMETRY_SOAK_MINUTES ?? 10);
  const rate = short ? 200 : 500;
  const receiver = await startReceiver('grpc');
  const { manager, url, spans, close } = await startServer({ exporter: receiver.exporter });
  const stop = await startLoad(`${url}/orders/:id`, rate);
  await sleep(short ? 3_000 : 30_000);
  const samples = [];
  const begun = performance.now();
  while (performance.now() - begun < minutes * 60_000) {
    await sleep(short ? 500 : 5_000);
    samples.push([(performance.now() - begun) / 60_000, memory().heap]);
  }
  const { sent, statuses } = await stop();
  await manager.forceFlush();
  const status = spans();
  const { unique } = await receiver.stats();
  // The first half is still V8's: code that is compiled, shapes that are learnt.
  const whole = fit(samples);
  const { slope, error } = fit(samples.slice(samples.length >>> 1));
  figure(
    'heap',
    `${slope.toFixed(3)} ± ${error.toFixed(3)} MiB a minute in the second half of ${minutes} min (${whole.slope.toFixed(3)} in all) at ${samples.at(-1)[1].toFixed(1)} MiB`,
  );
  figure('requests', `${sent}, failed ${sent - (statuses[200] ?? 0)}, lost spans ${status.ended - unique}`);
  assertIdentity(status);
  assert(statuses[200] === sent, `requests failed: ${JSON.stringify(statuses)}`);
  assert(unique === status.ended, 'spans were lost');
  // Noise: less than three times its own uncertainty, or than what would make a MiB in half an hour.
  assert(short || slope < Math.max(3 * error, 0.03), 'the heap grows');
  await close();
  receiver.stop();
}

/** A straight line through the samples, and the standard error of its slope. */
function fit(samples) {
  const count = samples.length;
  const meanX = samples.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = samples.reduce((sum, [, y]) => sum + y, 0) / count;
  const spread = samples.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = samples.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const residual = samples.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(residual / Math.max(1, count - 2) / spread) };
}
