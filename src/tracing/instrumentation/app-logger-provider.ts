/**
 * The part of the Logs API that instrumentations call; declared here, so that its package need not be
 * installed.
 */
interface Logger {
  emit(record: unknown): void;
  enabled?(options?: unknown): boolean;
}

/** Supplies loggers to instrumentations. */
export interface LoggerProvider {
  getLogger(name: string, version?: string, options?: unknown): Logger;
}

/** The global key of the app's logger provider, for this version of the Logs API. */
const REGISTERED = Symbol.for('io.opentelemetry.js.api.logs');
const API_VERSION = 1;

/**
 * Forwards instrumentations' log records to the provider that the app registered with the Logs API; looked
 * up for each record. Without a provider, records are ignored.
 */
export const APP_LOGGER_PROVIDER: LoggerProvider = {
  getLogger: (name, version, options) => {
    const logger = (): Logger | undefined => registered()?.getLogger(name, version, options);
    return {
      emit: (record) => logger()?.emit(record),
      enabled: (asked) => logger()?.enabled?.(asked) ?? logger() !== undefined,
    };
  },
};

function registered(): LoggerProvider | undefined {
  const lookUp: unknown = Reflect.get(globalThis, REGISTERED);
  if (typeof lookUp !== 'function') return undefined;
  return (lookUp as (version: number) => LoggerProvider | undefined)(API_VERSION);
}
