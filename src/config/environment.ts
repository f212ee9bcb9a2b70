import type { TracerConfig } from './tracer-config.js';

/** How {@link readEnvironment} reads. */
export interface EnvironmentReading {
  readonly warn: (message: string) => void;
  /** Whether the exporter is wanted; without it, no `OTEL_EXPORTER_*` variable is looked at. */
  readonly exporter: boolean;
  readonly prefix?: string;
}

export function readEnvironment(env: NodeJS.ProcessEnv, _reading: EnvironmentReading): TracerConfig {
  const name = env['OTEL_SERVICE_NAME'];
  return {
    ...(env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' ? { enabled: false } : {}),
    ...(name ? { service: { name } } : {}),
  };
}
