import type { ExportFailure } from './export-failure.js';
import { classifyGrpcStatus } from './grpc-failure.js';
import { classifyHttpStatus } from './http-failure.js';
import { classifyNetworkError } from './network-failure.js';

const HIGHEST_GRPC_STATUS = 16;

/**
 * Explains the error of an exporter given in code.
 *
 * The official OTLP exporters put a gRPC or HTTP status into `error.code`; any such code is read that way.
 * The error's text is not repeated, since it may contain credentials.
 */
export function classifyExporterError(error: unknown): ExportFailure {
  const code = readCode(error);
  if (typeof code === 'number') {
    if (code > 0 && code <= HIGHEST_GRPC_STATUS) return classifyGrpcStatus(code);
    if (code >= 300 && code < 600) return classifyHttpStatus(code);
  }
  if (typeof code === 'string' && /^(E[A-Z]|HPE_|CERT_|ERR_|UNABLE|SELF|DEPTH)/.test(code)) {
    return classifyNetworkError(error);
  }
  return {
    code: error instanceof Error ? error.name : 'FAILED',
    reason: 'the exporter reported a failure',
    hint: "See the exporter's own diagnostics.",
    retryable: false,
    blames: 'data',
  };
}

function readCode(error: unknown): unknown {
  try {
    return (error as { code?: unknown } | null | undefined)?.code;
  } catch {
    return undefined;
  }
}
