import type { MeasuredRequest } from '../tracing/request-meter.js';

/** Sizes in bytes, as sent, without headers; absent where nobody said. */
export interface BodySizes {
  readonly request: number | undefined;
  readonly response: number | undefined;
}

export function bodySizes({ request, response, method, stream, status }: MeasuredRequest): BodySizes {
  const { headers } = request;
  const announced = length(headers['content-length']);
  const chunked = headers['transfer-encoding'] !== undefined;
  const bodiless = method === 'HEAD' || status === 204 || status === 304;
  return {
    request: announced ?? (chunked ? undefined : 0),
    response:
      stream?.bytes ?? (bodiless ? 0 : length(response.getHeader('content-length') ?? sentLength(response))),
  };
}

/** Headers that went out with `writeHead` alone are kept as text. */
function sentLength(response: object): string | undefined {
  const { _header: head } = response as { _header?: unknown };
  return typeof head === 'string' ? /^content-length: *(\d+)\r?$/im.exec(head)?.[1] : undefined;
}

function length(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : undefined;
}
