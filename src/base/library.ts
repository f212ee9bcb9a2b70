/**
 * The package's name, also used as the name of its instrumentation scope and as `telemetry.distro.name`.
 */
export const LIBRARY_NAME = 'nestjs-telemetry';

/** The package's version; a test compares it with package.json. */
export const LIBRARY_VERSION = '0.1.0';
