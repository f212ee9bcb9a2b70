import type { ExportFailure } from './failures/export-failure.js';

/** The outcome of one export of spans or of metrics. */
export type ExportOutcome =
  | {
      readonly ok: true;
      /** The number of spans or data points that the receiver refused while it accepted the rest. */
      readonly rejected: number;
      /** The receiver's reason or warning. */
      readonly message: string;
    }
  | { readonly ok: false; readonly failure: ExportFailure };
