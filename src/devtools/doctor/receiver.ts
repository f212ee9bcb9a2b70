import { readEnvironment } from '../../config/environment/environment.js';
import { resolveTracerConfig } from '../../config/resolve-config.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import { TelemetryError } from '../../errors.js';
import { verifyExporters, type VerifyExportResult } from '../../pipeline/verify-export.js';
import { error, ok, warning, type Finding, type Patient } from './finding.js';

const TIMEOUT_MILLIS = 5000;
const MAX_SKEW_MILLIS = 5000;

/** Sends one marked span to the receiver that the environment names, as the app would. */
export async function checkReceiver({ env }: Patient): Promise<Finding[]> {
  let config: TracerConfig;
  try {
    config = readEnvironment(env, { exporter: true, warn: () => undefined });
  } catch (problem) {
    // The check of the environment reports this error.
    if (problem instanceof TelemetryError) return [];
    throw problem;
  }
  if (config.exporter === undefined) return [];
  const named = { service: { name: 'nestjs-telemetry-doctor' }, ...config };
  const limited = { ...named, batch: { ...config.batch, exportTimeoutMillis: TIMEOUT_MILLIS } };
  const { exporters } = await verifyExporters(resolveTracerConfig(limited, env, { warn: () => undefined }));
  const skews = await Promise.all(exporters.map(({ target }) => clockSkew(target)));
  return [...exporters.map(findingOf), ...skews.flat()];
}

function findingOf(verdict: VerifyExportResult['exporters'][number]): Finding {
  const { protocol, target = '', code, reason = '', hint, latencyMillis } = verdict;
  const where = `${protocol} ${target}`.trim();
  if (verdict.ok) return ok('receiver', `${where} took a span in ${Math.round(latencyMillis)} ms.`);
  const refused = /UNAUTHENTICATED|PERMISSION_DENIED|40[13]/.test(code ?? '');
  return error(
    refused ? 'credentials-refused' : 'receiver-unreachable',
    `${where} did not take a span: ${code ?? ''} ${reason}`.trim(),
    hint ?? 'Check the address, the port and the protocol, and that the receiver runs.',
  );
}

/** Compares the clocks: with a wrong clock, spans appear before or after those of other services. */
async function clockSkew(target: string | undefined): Promise<Finding[]> {
  if (target === undefined || !/^https?:/.test(target)) return [];
  try {
    const response = await fetch(new URL('/', target), {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MILLIS),
    });
    const skew = Date.parse(response.headers.get('date') ?? '') - Date.now();
    if (!(Math.abs(skew) > MAX_SKEW_MILLIS)) return [];
    const seconds = Math.round(skew / 1000);
    return [
      warning(
        'clock-skew',
        `The receiver's clock is ${seconds} s ahead of this machine's.`,
        'Synchronise both by NTP.',
      ),
    ];
  } catch {
    return [];
  }
}
