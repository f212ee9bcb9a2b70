/* Installs the official packages of one line beside the library and runs the app that hands them over. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../run-command.mjs';
import { installNode, installStrictly } from '../tools.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const packages = {
  2: {
    api: '~1.9.0',
    'sdk-trace-base': '^2.12.0',
    stable: '^2.12.0',
    experimental: '^0.223.0',
    instrumentation: '^0.33.0',
    'host-metrics': '^0.38.3',
    'instrumentation-runtime-node': '^0.36.0',
  },
  3: {
    api: '~1.10.0',
    'sdk-trace': '^3.1.0',
    stable: '^3.1.0',
    experimental: '^0.301.0',
    instrumentation: '^0.34.0',
    'host-metrics': '^0.39.0',
    'instrumentation-runtime-node': '^0.37.0',
  },
};
/** Line 3 refuses Node 20; line 2 runs on the oldest that the library supports. */
export const lines = [
  { line: '2', node: '20.19' },
  { line: '3', node: '24' },
];

export async function checkLine({ line, node: version }, { directory, tools, tarball }) {
  const { stable, experimental, instrumentation, ...own } = packages[line];
  const scoped = {
    ...own,
    resources: stable,
    'sdk-metrics': stable,
    'exporter-zipkin': stable,
    'propagator-b3': stable,
    'exporter-prometheus': experimental,
    'exporter-metrics-otlp-grpc': experimental,
    'exporter-metrics-otlp-proto': experimental,
    'exporter-trace-otlp-grpc': experimental,
    'exporter-trace-otlp-proto': experimental,
    'instrumentation-undici': instrumentation,
  };
  await mkdir(directory, { recursive: true });
  const manifest = {
    name: 'app',
    private: true,
    type: 'module',
    dependencies: {
      '@nestjs/common': '^12.0.0',
      '@nestjs/core': '^12.0.0',
      '@nestjs/platform-express': '^12.0.0',
      'nestjs-telemetry': `file:${tarball}`,
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.2',
      ...Object.fromEntries(Object.entries(scoped).map(([name, range]) => [`@opentelemetry/${name}`, range])),
    },
  };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest, null, 2));
  for (const file of ['app.mjs', 'receivers.mjs']) await copyFile(join(here, file), join(directory, file));
  const node = await installNode(version, tools);
  await installStrictly('npm', { directory, node, tools });
  await run(node, ['app.mjs', line], { cwd: directory, seconds: 60 });
  return 'sampler, processor, exporters, readers, resource, propagator and instrumentation';
}
