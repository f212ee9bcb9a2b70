import { TelemetryConfigError } from '../errors.js';

/**
 * Imports a package that only some configurations need, and turns its absence into an error that says what to install.
 *
 * @param name - package name, exactly as in the import
 * @param version - the version that fits the pinned OpenTelemetry packages, such as `2.12.0`
 * @param path - option that asks for the package, such as `exporter.type`
 * @param importer - `() => import('the-package')`, literal so that bundlers and type checking see it
 * @returns the module namespace
 * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` if the package, or one that it needs, is not installed
 * or fails to load; the original error is its `cause`
 */
export async function loadOptionalPeer<T>(
  name: string,
  version: string,
  path: string,
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
      remedy: `Run \`npm install ${name}@${version}\`.`,
      cause,
    });
  }
}

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && error.message.includes(name);
}
