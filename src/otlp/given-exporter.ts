import { ask, onRejection } from '../base/user-function.js';
import { runAsExport } from '../context/export-context.js';
import type { ExportOutcome } from './export-outcome.js';
import { classifyExporterError } from './failures/exporter-failure.js';
import { timeoutFailure } from './failures/network-failure.js';

const SUCCESS = 0;

/** An exporter's answer. An exporter written in JavaScript may call back without one. */
type Answer = { readonly code?: unknown; readonly error?: unknown } | undefined;

/**
 * Exports through an exporter given in code. It may throw, hang, call back twice or never.
 *
 * @param call - calls the exporter's `export`; an async one may reject
 * @param hint - the remedy if the call exceeds the limit
 */
export function exportThrough(
  call: (done: (answer: Answer) => void) => unknown,
  timeoutMillis: number,
  hint: string,
): Promise<ExportOutcome> {
  return new Promise((resolve) => {
    const failed = (error: unknown): void => {
      clearTimeout(timer);
      resolve({ ok: false, failure: classifyExporterError(error) });
    };
    const timer = setTimeout(() => {
      // The batch may still arrive, so a second attempt could duplicate it.
      const failure = { ...timeoutFailure(timeoutMillis), hint, retryable: false, blames: 'data' } as const;
      resolve({ ok: false, failure });
    }, timeoutMillis).unref();
    const done = (answer: Answer): void => {
      clearTimeout(timer);
      ask(
        () => answer,
        (told) => {
          if (told?.code === SUCCESS) resolve({ ok: true, rejected: 0, message: '' });
          else failed(told?.error);
        },
        failed,
      );
    };
    try {
      onRejection(
        runAsExport(() => call(done)),
        failed,
      );
    } catch (error) {
      failed(error);
    }
  });
}
