/** How an export ended, with the SDK's numbers. */
export const ExportResultCode = { SUCCESS: 0, FAILED: 1 } as const;

/** The answer of an exporter: `code` 0 is success, anything else is failure. */
export interface ExportResult {
  readonly code: number;
  readonly error?: Error;
}
