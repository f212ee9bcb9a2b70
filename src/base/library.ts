/** Name of the package, of its instrumentation scope and of its `telemetry.distro.name`. */
export const LIBRARY_NAME = 'nestjs-telemetry';

/** Version of the package; a test compares it with package.json. */
export const LIBRARY_VERSION = '0.1.0';
