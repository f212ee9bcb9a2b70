import { readFileSync } from 'node:fs';
import { Test } from '@nestjs/testing';
import { TelemetryModule, TracerManager } from 'nestjs-telemetry';
import { expect, it, onTestFinished } from 'vitest';
import { startReceiver } from './running-app.js';

const CANARY = 'canary-7f20';

it('shows where spans are, and what to send with a question, without a secret', async () => {
  const receiver = await startReceiver();
  const module = await Test.createTestingModule({
    imports: [
      TelemetryModule.forRoot({
        service: { name: 'shop' },
        exporter: { type: 'otlp-grpc', url: receiver.grpcUrl, headers: { authorization: CANARY } },
      }),
    ],
  }).compile();
  onTestFinished(() => module.close());
  const manager = module.get(TracerManager);
  manager.startSpan('work').end();

  const { look } = await import('./examples/troubleshooting/status.js');
  const lines: string[] = [];
  look(manager, (line) => lines.push(line));
  expect(JSON.parse(lines.join())).toMatchObject({ configured: true, enabled: true, spans: { queued: 1 } });

  const { bundle } = await import('./examples/troubleshooting/bundle.js');
  const sent = await bundle(manager);
  expect(sent).toMatchObject({
    status: { config: { exporter: { headers: { authorization: '****' } } }, origins: { exporter: 'option' } },
    verify: { ok: true },
  });
  expect(lines.join() + JSON.stringify(sent)).not.toContain(CANARY);
});

it('explains every code of an error', () => {
  const codes = [...readFileSync('src/errors.ts', 'utf8').matchAll(/\| '(TELEMETRY_\w+)'/g)].map(
    ([, code]) => code,
  );
  const text = readFileSync('docs/troubleshooting.md', 'utf8');
  expect(codes.length).toBeGreaterThan(4);
  expect(codes.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
});
