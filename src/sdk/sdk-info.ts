/**
 * The resource attributes `telemetry.sdk.*`. They name the SDK whose data model and metrics this library
 * uses; a test compares them with that package.
 */
export const SDK_INFO = {
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': '2.12.0',
} as const;
