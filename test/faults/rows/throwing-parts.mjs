// Samplers, processors, exporters, loggers and hooks that throw, hang or call back twice: no request fails.
import { assert, startLoad, startServer, sleep, waitFor } from '../lab.mjs';

const boom = () => {
  throw new Error('boom');
};
const SUCCESS = { code: 0 };
const attributes = {
  toString: boom,
  get broken() {
    return boom();
  },
};

const throwing = { export: boom, shutdown: boom, forceFlush: boom };
const hanging = {
  export: () => {},
  shutdown: () => new Promise(() => {}),
  forceFlush: () => new Promise(() => {}),
};
const twice = {
  export: (_spans, done) => {
    done(SUCCESS);
    done({ code: 1 });
    setTimeout(() => done(SUCCESS), 10);
  },
  shutdown: async () => {},
};
const rejecting = { export: async () => boom(), shutdown: async () => boom() };
const processor = { onStart: boom, onEnding: boom, onEnd: boom, forceFlush: boom, shutdown: boom };
const never = () => new Promise(() => {});
const rejects = async () => boom();
const hangingProcessor = { onStart() {}, onEnd() {}, forceFlush: never, shutdown: never };
const rejectingProcessor = {
  onStart: rejects,
  onEnding: rejects,
  onEnd: rejects,
  forceFlush: rejects,
  shutdown: rejects,
};
const throwingPattern = new (class extends RegExp {
  exec() {
    return boom();
  }
})('secret', 'g');
const sampler = { shouldSample: boom, toString: () => 'throwing' };

const TRIALS = {
  'an exporter that throws': { exporter: throwing },
  'an exporter that hangs': { exporter: hanging, batch: { exportTimeoutMillis: 200 } },
  'an exporter that calls back twice': { exporter: twice },
  'an exporter that rejects': { exporter: rejecting, batch: { exportTimeoutMillis: 200 } },
  'a processor': { exporter: twice, spanProcessors: [processor] },
  'a processor that hangs': { exporter: twice, spanProcessors: [hangingProcessor] },
  'a processor that rejects': { exporter: twice, spanProcessors: [rejectingProcessor] },
  'a masking pattern': { exporter: twice, masking: { patterns: [throwingPattern] } },
  'a tenant resolver': { exporter: twice, tenants: { resolve: boom, config: () => ({}) } },
  'a tenant configuration that throws': { exporter: twice, tenants: { resolve: () => 'a', config: boom } },
  'a tenant configuration that hangs': { exporter: twice, tenants: { resolve: () => 'a', config: never } },
  'baggage hooks': { exporter: twice, baggage: { entries: boom, trust: boom } },
  'a sampler': { exporter: twice, sampler },
  'request and response hooks': { exporter: twice, http: { requestHook: boom, responseHook: boom } },
  'a trust predicate': { exporter: twice, http: { trustRemoteParent: boom } },
  'a logger': {
    exporter: throwing,
    logger: { log: boom, warn: boom, error: boom, debug: boom, verbose: boom, fatal: boom },
  },
};

export async function run({ short, figure }) {
  for (const [what, { logger = false, ...options }] of Object.entries(TRIALS)) {
    const quiet = { scheduledDelayMillis: 50, ...options.batch };
    // Nest itself logs while it starts: only what comes later may throw.
    const { app, manager, url, spans, close } = await startServer({ ...options, batch: quiet }, [], false);
    if (logger) app.useLogger(logger);
    const stop = await startLoad(`${url}/orders/:id`, 200);
    await sleep(short ? 400 : 2_000);
    manager.withSpan('odd values', (span) => {
      span.setAttribute('cyclic', Object.assign(attributes, { self: attributes }));
      span.setAttributes({
        big: 10n,
        symbol: Symbol('s'),
        fn: boom,
        huge: 'x'.repeat(5_000_000),
        ['__proto__']: 'p',
      });
    });
    const { sent, statuses, failed } = await stop();
    const { ended, delivered, dropped, queued } = spans();
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    if (logger) app.useLogger(false);
    const begun = performance.now();
    await close();
    const took = performance.now() - begun;
    figure(what, `${failed + sent - (statuses[200] ?? 0)} of ${sent} failed`);
    assert(sent > 0 && statuses[200] === sent && failed === 0, JSON.stringify(statuses));
    assert(
      ended === delivered + lost + queued,
      `${ended} ended, ${delivered} delivered, ${lost} dropped, ${queued} queued`,
    );
    assert(took < 3_500, `closing took ${took.toFixed(0)} ms`);
  }
  await waitFor(() => true, 1);
}
