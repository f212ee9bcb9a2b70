import http from 'node:http';
import { isSupportedVersion, loadedModules } from '../tracing/instrumentation/loaded-modules.js';
import type { RecordingInstance } from './recording-instance.js';

/** The first supported version of each library, with the official instrumentation for earlier ones. */
const FIRST_VERSIONS: Readonly<Record<string, readonly [packageName: string, version: string]>> = {
  ioredis: ['ioredis', '5.11.0'],
  redis: ['@redis/client', '6.3.0'],
  mysql2: ['mysql2', '3.24.0'],
  mongodb: ['mongodb', '6.5.0'],
  mongoose: ['mongoose', '9.12.0'],
};

const GLOBAL_API = Symbol.for('opentelemetry.js.api.1');

/** Logs, when the app has started, why calls are not recorded or are recorded twice. */
export function reportAtStart({ pipeline, replaced }: RecordingInstance): void {
  const { current, log } = pipeline;
  if (current?.enabled !== true || current.config.clients === false) return;
  for (const [name, [packageName, first]] of Object.entries(FIRST_VERSIONS)) {
    if (replaced.has(name)) continue;
    const old = loadedModules(packageName).find(
      ({ version }) => version !== undefined && !isSupportedVersion(version, [`>=${first}`]),
    );
    if (old === undefined) continue;
    log.warn(
      `clients.version.${name}`,
      `Calls of ${name} make no spans: ${packageName} ${old.version} publishes none. ` +
        `Version ${first} needs nothing; for this one, list ` +
        `\`@opentelemetry/instrumentation-${name}\` in \`instrumentations\`.`,
    );
  }
  const others = othersAtWork(replaced);
  if (others !== undefined) {
    log.warn(
      'clients.others',
      `${others}: outgoing calls may have spans of both. Remove one of them, or say \`clients: false\`. ` +
        'A `traceparent` that is on a request already is kept.',
    );
  }
}

function othersAtWork(replaced: ReadonlySet<string>): string | undefined {
  const api = (globalThis as Record<symbol, unknown>)[GLOBAL_API] as { readonly trace?: unknown } | undefined;
  if (api?.trace !== undefined) return 'A global OpenTelemetry tracer provider is registered';
  const { __wrapped: wrapped } = http.request as { readonly __wrapped?: unknown };
  if (wrapped === true && !replaced.has('node:http')) return 'Another library has patched `http.request`';
  return undefined;
}
