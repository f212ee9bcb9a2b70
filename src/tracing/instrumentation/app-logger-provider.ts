/** The part of the Logs API that an instrumentation calls; its package need not be installed. */
interface Logger {
  emit(record: unknown): void;
  enabled?(options?: unknown): boolean;
}

/** The provider that instrumentations ask for loggers. */
export interface LoggerProvider {
  getLogger(name: string, version?: string, options?: unknown): Logger;
}

/** The key of the global that holds the app's logger provider, by the version of the Logs API's interface. */
const REGISTERED = Symbol.for('io.opentelemetry.js.api.logs');
const API_VERSION = 1;

/**
 * Hands log records of instrumentations to the provider that the app has registered with the Logs API, looked
 * up at each record. Without one they go nowhere: logs stay with the app's logger.
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
