/**
 * The resource attributes `telemetry.sdk.*`: the SDK whose data model and metrics this library carries. A
 * test compares it with that package.
 */
export const SDK_INFO = {
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': '2.12.0',
} as const;
