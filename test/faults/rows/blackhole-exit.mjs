// The collector accepts and never answers; SIGTERM: the process is gone within 3 s.
import { assert, startReceiver, startScript, waitFor } from '../lab.mjs';

export async function run({ figure }) {
  for (const type of ['otlp-grpc', 'otlp-http']) {
    const receiver = await startReceiver('blackhole');
    const telemetry = { exporter: { type, url: receiver.url }, batch: { scheduledDelayMillis: 100 } };
    const app = startScript('script-app.mjs', [JSON.stringify({ telemetry, rate: 200 })]);
    await waitFor(
      () => app.messages.some(({ ended }) => ended >= 101),
      10_000,
      `the app's load: ${app.output()}`,
    );
    const begun = performance.now();
    app.child.kill('SIGTERM');
    const { code, signal, at } = await app.exited;
    figure(type, `gone after ${(at - begun).toFixed(0)} ms`);
    assert(at - begun < 3_000, `still there after 3 s (${code ?? signal})`);
    // Nest kills the process with the signal once every hook has ended; an event loop that ran
    // dry before leaves a code.
    assert(signal === 'SIGTERM', `the shutdown was cut short (${code}): ${app.output()}`);
    assert(!/unhandled|uncaught/i.test(app.output()), app.output());
    receiver.stop();
  }
}
