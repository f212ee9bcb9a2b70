/** The result of an export, with the SDK's numbers. */
export const ExportResultCode = { SUCCESS: 0, FAILED: 1 } as const;
