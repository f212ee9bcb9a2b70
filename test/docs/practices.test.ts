import { readFileSync } from 'node:fs';
import { SpanStatusCode } from '@opentelemetry/api';
import { recordSpans } from 'nestjs-telemetry/testing';
import { expect, it } from 'vitest';
import { run, setVariables } from './running-app.js';

it('an expected error gets its type and no error status', async () => {
  const { AppModule, OutOfStock } = await import('./examples/practices/errors.js');
  const app = await run(AppModule);
  const spans = await recordSpans(app);
  const { manager } = app;
  for (const error of [new OutOfStock('no teapots'), new TypeError('broken')]) {
    expect(() =>
      manager.withSpan(error.message, () => {
        throw error;
      }),
    ).toThrow(error);
  }
  expect(spans.span('no teapots')).toMatchObject({
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'error.type': 'OutOfStock', 'error.category': 'stock' },
  });
  expect(spans.span('broken')).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': 'TypeError' },
  });
});

it('each environment has its share of traces', async () => {
  const { AppModule } = await import('./examples/practices/environments.js');
  const shares = [];
  for (const environment of ['production', 'staging', 'development']) {
    setVariables({ APP_ENV: environment });
    const { manager } = await run(AppModule);
    shares.push(manager.config().sampler);
  }
  expect(shares).toEqual([0.1, 0.5, 1]);
});

it('the table of alerts names the rules, all of them', () => {
  const named = (text: string, pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map(([, name = '']) => name);
  const rules = named(readFileSync('deploy/grafana/alerts.yaml', 'utf8'), /- alert: (\w+)/g);
  const section = readFileSync('docs/practices.md', 'utf8').split('## Alerts')[1] ?? '';
  expect(named(section.split('The thresholds')[0] ?? '', /`([A-Z]\w+)`/g)).toEqual(rules);
});
