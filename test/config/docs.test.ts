import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tracerConfigFromEnv } from '../../src/config/environment/environment.js';
import { READ_VARIABLES } from '../../src/config/environment/unread-variables.js';
import { arize } from '../../src/config/presets/arize.js';
import { phoenix } from '../../src/config/presets/phoenix.js';
import { resolveTracerConfig } from '../../src/config/resolve-config.js';
import { tracerConfigShape } from '../../src/config/tracer-config-schema.js';
import type { TracerConfig } from '../../src/config/tracer-config.js';
import {
  MeterManager,
  TelemetryModule,
  TracerManager,
  type TelemetryModuleOptions,
} from '../../src/index.js';
import { GrpcReceiver, HttpReceiver } from '../pipeline/support/otlp-receiver.js';

const configuration = readFileSync('docs/configuration.md', 'utf8');
const backends = readFileSync('docs/backends.md', 'utf8');

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code]) => code!,
  );
}

function resolve(config: TracerConfig): { exporters: readonly unknown[]; warnings: string[] } {
  const warnings: string[] = [];
  const { exporters } = resolveTracerConfig(
    { service: { name: 'orders' }, ...config },
    {},
    { warn: (text) => warnings.push(text) },
  );
  return { exporters, warnings };
}

/** Runs a recipe as it stands and returns the options that it passes. */
function optionsOf(recipe: string): TelemetryModuleOptions {
  const credentials = new Proxy({}, { get: (_env, name) => `value-of-${String(name)}` });
  return runInNewContext(recipe, {
    TelemetryModule: { forRoot: (options: TelemetryModuleOptions) => options },
    arize: (options: object) => arize(options, {}),
    phoenix: (options: object) => phoenix(options, {}),
    process: { env: credentials },
    readFileSync: (path: string) => Buffer.from(`-----BEGIN ${path}-----`),
    Buffer,
  }) as TelemetryModuleOptions;
}

describe('the recipes in docs/backends.md', () => {
  it.each(
    // Recipes with the official packages are run by the package suite.
    blocks(backends, 'ts')
      .filter((recipe) => !recipe.startsWith('import '))
      .map((recipe) => [/(?:url|endpoint|projectName): '([^']*)'/.exec(recipe)?.[1] ?? recipe, recipe]),
  )('in code, %s', (_name, recipe) => {
    const { metrics: _metrics, ...options } = optionsOf(recipe);
    const { exporters, warnings } = resolve(options);
    expect({ count: exporters.length, warnings }).toEqual({ count: 1, warnings: [] });
  });

  it.each(blocks(backends, 'sh').map((lines) => [lines.split('\n')[0]!, lines]))(
    'as variables, %s',
    (_name, lines) => {
      const env = Object.fromEntries(
        lines
          .trim()
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      const warnings: string[] = [];
      const { exporter } = tracerConfigFromEnv(env, { warn: (text) => warnings.push(text) });
      expect(warnings).toEqual([]);
      expect(resolve({ exporter: exporter! })).toMatchObject({
        exporters: [expect.anything()],
        warnings: [],
      });
    },
  );

  it('send the same in code and by variables', () => {
    const target = (config: TracerConfig): string => {
      const [exporter] = resolve({ exporter: config.exporter! }).exporters as {
        type: string;
        url: string;
        headers?: object;
      }[];
      return `${exporter!.type} ${exporter!.url} ${Object.keys(exporter!.headers ?? {})
        .sort()
        .join()}`;
    };
    const sections = backends.split(/^## /m).filter((section) => section.includes('```sh'));
    for (const section of sections) {
      const env = Object.fromEntries(
        blocks(section, 'sh')[0]!
          .trim()
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      expect(`${section.split('\n')[0]!}: ${target(tracerConfigFromEnv(env))}`).toBe(
        `${section.split('\n')[0]!}: ${target(optionsOf(blocks(section, 'ts')[0]!))}`,
      );
    }
    expect(sections).toHaveLength(10);
  });
});

describe('the recipes for receivers that take no metrics', () => {
  const sections = backends.split(/^## /m).filter((section) => /^(?:Jaeger|Phoenix)/.test(section));
  const recipes = sections.flatMap((section) => blocks(section, 'ts'));

  it.each(recipes)('start without a warning: %s', async (recipe) => {
    const options = optionsOf(recipe);
    const exporter = options.exporter as { type: 'otlp-grpc' | 'otlp-http'; url: string };
    const receiver: GrpcReceiver | HttpReceiver =
      exporter.type === 'otlp-grpc' ? new GrpcReceiver() : new HttpReceiver();
    await receiver.start();
    onTestFinished(() => receiver.stop());
    const lines: unknown[] = [];
    const warn = (...line: unknown[]): number => lines.push(line);
    @Module({
      imports: [TelemetryModule.forRoot({ ...options, exporter: { ...exporter, url: receiver.url } })],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, {
      logger: { log: () => undefined, warn, error: warn },
    });
    app.get(TracerManager).startSpan('span').end();
    app.get(MeterManager).getMeter('m').createCounter('c').add(1);
    await app.get(MeterManager).forceFlush();
    await app.close();
    expect({ lines, requests: receiver.requests.length }).toEqual({ lines: [], requests: 1 });
  });

  it('turn metrics off by variables, too', () => {
    const variables = sections.flatMap((section) => blocks(section, 'sh'));
    expect(variables.map((lines) => lines.includes('OTEL_METRICS_EXPORTER=none'))).toEqual([true, true]);
    expect(recipes).toHaveLength(3);
  });
});

describe('docs/configuration.md', () => {
  it.each(Object.keys(tracerConfigShape))('tells of the option %s', (option) => {
    expect(configuration).toMatch(new RegExp(`^\\| \`${option}[\`.]`, 'm'));
  });

  it('tells of every option that is fixed at bootstrap', () => {
    const declared = /export interface TelemetryModuleOptions[^{]*\{([\s\S]*?)^\}/m.exec(
      readFileSync('src/nest/instance/telemetry-options.ts', 'utf8'),
    )![1]!;
    const options = [...declared.matchAll(/^ {2}readonly (\w+)\?/gm)].map(([, option]) => option!);
    expect(options).toContain('onConfigError');
    expect(options.filter((option) => !new RegExp(`^\\| \`${option}[\`.]`, 'm').test(configuration))).toEqual(
      [],
    );
  });

  it.each(READ_VARIABLES)('tells of the variable %s', (variable) => {
    expect(configuration).toContain(`\`${variable}\``);
  });
});
