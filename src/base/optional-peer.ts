import * as api from '@opentelemetry/api';
import { TelemetryConfigError } from '../errors.js';

/**
 * Whether the OpenTelemetry API is version 1.10 or later. The API does not export its version; 1.10 added
 * logs.
 */
const API_HAS_LOGS = 'logs' in api;

/** An optional package, and the option that needs it. */
interface OptionalPeer {
  /** The package's name, exactly as in the import. */
  readonly name: string;
  /** The package's version that fits API 1.9, such as `2.12.0`. */
  readonly version: string;
  /** The package's version that fits API 1.10; default: `version`. */
  readonly newer?: string;
  /** The option that needs the package, such as `exporter.type`. */
  readonly path: string;
}

/**
 * Imports an optional package. If it is missing, the error says what to install.
 *
 * @param importer - `() => import('the-package')`, written literally so that bundlers and the type checker
 *   see it
 * @returns the module namespace
 * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` if the package or one of its
 *   dependencies is not installed or fails to load; `cause` has the original error
 */
export async function loadOptionalPeer<T>(
  { name, version, newer = version, path }: OptionalPeer,
  importer: () => Promise<T>,
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
