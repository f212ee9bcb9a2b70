import type { MeasuredRequest } from './request-meter.js';

/** Sizes of bodies as transferred, in bytes, without headers; absent if unknown. */
export interface BodySizes {
  readonly request: number | undefined;
  readonly response: number | undefined;
}

/** A request whose response has closed. */
type ClosedRequest = Pick<MeasuredRequest, 'request' | 'response' | 'method' | 'status'> & {
  readonly stream: Pick<NonNullable<MeasuredRequest['stream']>, 'bytes'> | undefined;
};

/** Returns the body sizes of a request whose response has closed. */
export function bodySizes({ request, response, method, stream, status }: ClosedRequest): BodySizes {
  const { headers } = request;
  const announced = length(headers['content-length']);
  const bodiless = method === 'HEAD' || status === 204 || status === 304;
  return {
    request: announced ?? (hasBody(request) ? undefined : 0),
    response:
      stream?.bytes ?? (bodiless ? 0 : length(response.getHeader('content-length') ?? sentLength(response))),
  };
}

/** Whether a request has a body. HTTP/2 has no chunked encoding and says so outside of its headers. */
function hasBody({ headers, stream }: MeasuredRequest['request'] & { readonly stream?: unknown }): boolean {
  const { endAfterHeaders } = (stream ?? {}) as { endAfterHeaders?: boolean };
  return headers['transfer-encoding'] !== undefined || endAfterHeaders === false;
}

/** Returns the length from headers that were sent with `writeHead` alone, which Node keeps as text. */
function sentLength(response: object): string | undefined {
  const { _header: head } = response as { _header?: unknown };
  return typeof head === 'string' ? /^content-length: *(\d+)\r?$/im.exec(head)?.[1] : undefined;
}

function length(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : undefined;
}
