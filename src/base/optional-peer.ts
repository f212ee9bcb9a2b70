import * as api from '@opentelemetry/api';
import { TelemetryConfigError } from '../errors.js';

/** The API does not export its version; 1.10 brought logs. */
const API_HAS_LOGS = 'logs' in api;

/**
 * Imports a package that only some configurations need, and turns its absence into an error
 * that says what to install.
 *
 * @param name - package name, exactly as in the import
 * @param version - the version for version 1.9 of the OpenTelemetry API, such as `2.12.0`
 * @param path - option that asks for the package, such as `exporter.type`
 * @param importer - `() => import('the-package')`, literal so that bundlers and type checking see it
 * @param newer - the version for version 1.10 of the API
 * @returns the module namespace
 * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` if the package, or one that it needs, is
 *   not installed or fails to load; the original error is its `cause`
 */
export async function loadOptionalPeer<T>(
  name: string,
  version: string,
  path: string,
  importer: () => Promise<T>,
  newer = version,
): Promise<T> {
  try {
    return await importer();
  } catch (cause) {
    const missing = isMissing(cause, name);
    throw new TelemetryConfigError({
      code: 'TELEMETRY_PACKAGE_MISSING',
      path,
      expected: missing
        ? `something that is installed (it needs the optional package ${name})`
        : `something that loads (its package ${name} is installed and threw while loading)`,
      remedy: `Run \`npm install ${name}@${API_HAS_LOGS ? newer : version}\`.`,
      cause,
    });
  }
}

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && error.message.includes(name);
}
