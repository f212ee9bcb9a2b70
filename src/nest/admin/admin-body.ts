import { BadRequestException, PayloadTooLargeException, UnsupportedMediaTypeException } from '@nestjs/common';
import { TelemetryConfigError, TelemetryError } from '../../errors.js';

/** The members that Express's and Fastify's requests share. */
export interface AdminRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}

/**
 * Returns the JSON object in a request's body.
 *
 * @throws UnsupportedMediaTypeException for forms and texts, PayloadTooLargeException, BadRequestException
 *   for other JSON
 */
export function jsonBody(request: AdminRequest, maxBytes: number): Record<string, unknown> {
  const type = request.headers['content-type'];
  if (typeof type !== 'string' || !/^application\/json\s*(;|$)/i.test(type)) {
    throw new UnsupportedMediaTypeException('Send JSON, as `content-type: application/json`.');
  }
  const { body } = request;
  const announced = Number(request.headers['content-length'] ?? Number.NaN);
  if (announced > maxBytes || sizeOf(body) > maxBytes) {
    throw new PayloadTooLargeException(`At most ${maxBytes} bytes are taken.`);
  }
  // Express returns `{}` for an empty body.
  if (announced === 0 || typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestException('Send a JSON object.');
  }
  return body as Record<string, unknown>;
}

/** Returns the JSON object in a request's body, or an empty object without a body. */
export function optionalJsonBody(request: AdminRequest, maxBytes: number): Record<string, unknown> {
  const { headers } = request;
  const empty = headers['content-type'] === undefined && headers['transfer-encoding'] === undefined;
  return empty && (headers['content-length'] ?? '0') === '0' ? {} : jsonBody(request, maxBytes);
}

/**
 * Returns the size of a body as JSON, in bytes.
 *
 * @throws BadRequestException for JSON that is nested too deeply to be read with recursion
 */
function sizeOf(body: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(body ?? null));
  } catch {
    throw new BadRequestException('The JSON is nested too deeply.');
  }
}

/**
 * Runs a change. An invalid configuration is answered with 400 and its error, which never contains a
 * secret.
 */
export async function orBadRequest<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof TelemetryError)) throw error;
    const { code, message } = error;
    const path = error instanceof TelemetryConfigError ? { path: error.path } : {};
    throw new BadRequestException({ statusCode: 400, error: 'Bad Request', code, message, ...path });
  }
}
