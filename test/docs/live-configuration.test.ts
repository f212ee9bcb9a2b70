import { Test } from '@nestjs/testing';
import { TelemetryModule, TracerManager, type TelemetryModuleOptions } from 'nestjs-telemetry';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { lastValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { startReceiver } from './running-app.js';

async function recorded(
  options: TelemetryModuleOptions = {},
): Promise<{ manager: TracerManager; recorder: SpanRecorder }> {
  const module = await Test.createTestingModule({
    imports: [TelemetryTestingModule.forRoot(options)],
  }).compile();
  onTestFinished(() => module.close());
  return { manager: module.get(TracerManager), recorder: module.get(SpanRecorder) };
}

it('reports what a change did', async () => {
  const { report } = await import('./examples/live/report.js');
  const { manager } = await recorded();
  const alive = manager.startSpan('alive');
  const lines: string[] = [];
  const reported = report(manager, (line) => {
    lines.push(line);
    // The old generation waits for it.
    alive.end();
  });
  await reported;
  expect(lines).toEqual([
    'generation 2 is live, changed: sampler; 1 spans finish in the old one',
    'the old one ended 1 spans and is closed',
  ]);
});

it('derives the next configuration from the current one', async () => {
  const { fromCurrent } = await import('./examples/live/from-current.js');
  const { manager } = await recorded({ resourceAttributes: { team: 'shop' } });
  await fromCurrent(manager);
  expect(manager.config().resourceAttributes).toEqual({ team: 'shop', release: '2026-11' });
});

it('refuses what cannot work, and says which option', async () => {
  const { refused } = await import('./examples/live/refused.js');
  const { manager } = await recorded();
  expect(await refused(manager)).toBe('TELEMETRY_CONFIG_INVALID exporter.url');
  expect(manager.status().generation).toBe(1);
});

it('switches off and on', async () => {
  const { offAndOn } = await import('./examples/live/off.js');
  const { manager } = await recorded();
  expect(await offAndOn(manager)).toEqual([false, true]);
});

it('holds a temporary configuration for a stream', async () => {
  const { Replay } = await import('./examples/live/temporary.js');
  const { manager, recorder } = await recorded({ sampler: 0 });
  const stream = new Replay(manager).run();
  manager.startSpan('of somebody else').end();
  await lastValueFrom(stream);
  expect(recorder.spans().map(({ name, resource }) => [name, resource.attributes.replay])).toEqual([
    ['replay', true],
  ]);
});

it('overrides a tenant until it is taken back', async () => {
  const { override } = await import('./examples/live/override.js');
  const { manager } = await recorded({ tenants: { config: () => ({}) } });
  const until = await override(manager);
  expect(until.getTime()).toBeGreaterThan(Date.now() + 500_000);
  expect(manager.status().overrides).toEqual([]);
});

it('routes tenants whose settings come from a service', async () => {
  const { AppModule } = await import('./examples/live/tenants.js');
  const { work } = await import('./examples/live/with-tenant.js');
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  onTestFinished(() => module.close());
  const manager = module.get(TracerManager, { strict: false });
  expect(work(manager, { tenant: 'acme' }, () => 'done')).toBe('done');
  await manager.forceFlush();
  expect(manager.status().activeTenants).toBe(1);
});

it('verifies an export', async () => {
  const { verify } = await import('./examples/live/verify.js');
  const receiver = await startReceiver();
  const module = await Test.createTestingModule({
    imports: [TelemetryModule.forRoot({ service: { name: 'shop' } })],
  }).compile();
  onTestFinished(() => module.close());
  const manager = module.get(TracerManager);
  expect(await verify(manager, receiver.grpcUrl)).toBe('spans arrive');
  expect(await verify(manager, receiver.httpUrl)).toContain('otlp-http');
  await receiver.waitForCount(1);
  expect(receiver.spans[0]).toMatchObject({ attributes: { 'nestjs_telemetry.verify': true } });
});
