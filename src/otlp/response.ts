import { MAX_RETRY_AFTER_MILLIS } from './failures/export-failure.js';

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const RETRY_INFO = 'google.rpc.RetryInfo';

/** Describes the part of a request that a receiver refused. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/**
 * Reads an `ExportTraceServiceResponse`. An unreadable one counts as a full success, since the status was a
 * success.
 */
export function readExportResponse(body: Uint8Array): PartialSuccess {
  let rejected = 0;
  let message = '';
  for (const [field, value] of fields(body)) {
    if (field !== 1 || typeof value === 'number') continue;
    for (const [inner, innerValue] of fields(value)) {
      if (inner === 1 && typeof innerValue === 'number') rejected = Math.max(0, signed(innerValue));
      if (inner === 2 && typeof innerValue !== 'number') message = Buffer.from(innerValue).toString('utf8');
    }
  }
  return { rejected, message };
}

/** Reads a partial success from OTLP's JSON. */
export function readJsonExportResponse(body: string): PartialSuccess {
  try {
    const { partialSuccess } = JSON.parse(body) as { partialSuccess?: Record<string, unknown> };
    const refused = Number(partialSuccess?.['rejectedSpans'] ?? partialSuccess?.['rejectedDataPoints'] ?? 0);
    const message = partialSuccess?.['errorMessage'];
    return {
      rejected: Number.isSafeInteger(refused) ? Math.max(0, refused) : 0,
      message: typeof message === 'string' ? message : '',
    };
  } catch {
    return { rejected: 0, message: '' };
  }
}

/** A `google.rpc.Status`: its message, and the delay of its `RetryInfo` detail. */
export interface RpcStatus {
  readonly message: string;
  readonly retryAfterMillis?: number;
}

/**
 * Reads the status in the body of a receiver's answer.
 *
 * @see
 *   {@link https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto | google.rpc.Status}
 */
export function readRpcStatus(body: Uint8Array): RpcStatus {
  let message = '';
  let retryAfterMillis: number | undefined;
  for (const [field, value] of fields(body)) {
    if (typeof value === 'number') continue;
    if (field === 2) message = Buffer.from(value).toString('utf8');
    if (field === 3) retryAfterMillis ??= readRetryInfo(value);
  }
  return { message, ...(retryAfterMillis !== undefined && { retryAfterMillis }) };
}

function readRetryInfo(any: Uint8Array): number | undefined {
  let isRetryInfo = false;
  let payload: Uint8Array | undefined;
  for (const [field, value] of fields(any)) {
    if (typeof value === 'number') continue;
    if (field === 1) isRetryInfo = Buffer.from(value).toString('utf8').endsWith(RETRY_INFO);
    if (field === 2) payload = value;
  }
  if (!isRetryInfo) return undefined;
  let millis = 0;
  for (const [field, delay] of fields(payload ?? new Uint8Array())) {
    if (field !== 1 || typeof delay === 'number') continue;
    for (const [inner, value] of fields(delay)) {
      if (typeof value !== 'number') continue;
      if (inner === 1) millis += signed(value) * 1_000;
      if (inner === 2) millis += signed(value) / 1e6;
    }
  }
  return Math.min(Math.max(0, millis), MAX_RETRY_AFTER_MILLIS);
}

/** Converts a varint to a signed number of 64 bits. */
function signed(value: number): number {
  return value < 2 ** 63 ? value : value - 2 ** 64;
}

/** Reads the fields of a protobuf message; stops at the first invalid byte. */
function* fields(bytes: Uint8Array): Generator<readonly [field: number, value: number | Uint8Array]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case WIRE_VARINT:
        yield [field, varint()];
        break;
      case WIRE_BYTES: {
        const length = varint();
        if (at + length > bytes.length) return;
        yield [field, bytes.subarray(at, at + length)];
        at += length;
        break;
      }
      case WIRE_FIXED64:
        at += 8;
        break;
      case 5:
        at += 4;
        break;
      default:
        return;
    }
  }
}
