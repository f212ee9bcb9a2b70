import { expect, it } from 'vitest';
import {
  BaggageService,
  TelemetryModule,
  TracerManager,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { SpanRecorder } from '../../src/testing/index.js';
import { LogRecorder } from '../support/log-recorder.js';
import { startApp } from '../support/test-app.js';

async function start(baggage: TelemetryModuleOptions['baggage']) {
  const exporter = new SpanRecorder();
  const logger = new LogRecorder();
  const imports = [
    TelemetryModule.forRoot({
      service: { name: 'orders' },
      exporter,
      ...(baggage === undefined ? {} : { baggage }),
    }),
  ];
  const { app } = await startApp({ telemetry: false, imports, logger });
  const manager = app.get(TracerManager, { strict: false });
  /** Applies the entries to a span that began before them; returns its attributes. */
  const applied = async (entries: Record<string, string>): Promise<object> => {
    const service = app.get(BaggageService, { strict: false });
    const span = manager.startSpan('before');
    service.with(entries, () => {
      service.applyBaggage(span);
    });
    span.end();
    await manager.forceFlush();
    return exporter.spans().at(-1)?.attributes ?? {};
  };
  const service = app.get(BaggageService, { strict: false });
  const said = (level: 'warn' | 'debug'): string[] =>
    logger.lines(level).filter((line) => line.startsWith('`applyBaggage`'));
  return { applied, service, manager, exporter, said };
}

const ENTRIES = { 'user.id': 'alice', 'app.plan': 'gold', 'app.user.id': 'a7' };

it.each<[string, TelemetryModuleOptions['baggage'], object]>([
  ['that are the default', undefined, { 'user.id': 'alice' }],
  ['of `headers`', { headers: { 'x-plan': 'app.plan' } }, { 'app.plan': 'gold' }],
  ['of `attributes`', { attributes: ['app.user.id'] }, { 'user.id': 'alice', 'app.user.id': 'a7' }],
  ['of a pattern', { attributes: ['app.*'] }, ENTRIES],
  ['all, with `*`', { attributes: ['*'] }, ENTRIES],
])('copies the entries %s onto a span', async (_which, baggage, attributes) => {
  const { applied, said } = await start(baggage);
  expect(await applied(ENTRIES)).toEqual(attributes);
  expect(said('warn')).toEqual([]);
});

it('takes the active span where none is given', async () => {
  const { service, manager, exporter } = await start({ attributes: ['app.plan'] });
  manager.withSpan('active', () => {
    service.with({ 'app.plan': 'gold' }, () => {
      service.applyBaggage();
    });
  });
  await manager.forceFlush();
  expect(exporter.span('active').attributes).toEqual({ 'app.plan': 'gold' });
});

it('says why it copies nothing, without the names that callers chose', async () => {
  const { applied, said } = await start(undefined);
  expect(await applied({ 'app.user.id': 'a7', 'app.plan': 'gold' })).toEqual({});
  expect(said('warn')).toEqual([
    '`applyBaggage` left something out: 2 of 2 entries are named neither in `baggage.headers` nor in ' +
      "`baggage.attributes`; name them there, or pass `attributes: ['*']`.",
  ]);
});

it('says at the level of debugging that there was no span or no baggage', async () => {
  const { service, manager, said } = await start(undefined);
  service.applyBaggage();
  expect(said('debug')).toEqual([
    '`applyBaggage` left something out: no span is active here, and none was passed.',
  ]);
  manager.withSpan('anonymous', () => {
    service.applyBaggage();
  });
  expect(said('warn')).toEqual([]);
});
