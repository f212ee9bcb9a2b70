import { BadRequestException, PayloadTooLargeException, UnsupportedMediaTypeException } from '@nestjs/common';
import { TelemetryConfigError, TelemetryError } from '../../errors.js';

/** The parts that Express's and Fastify's requests share. */
export interface AdminRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}

/**
 * The JSON object that a request carries.
 *
 * @throws UnsupportedMediaTypeException for forms and texts, PayloadTooLargeException,
 *   BadRequestException for other JSON
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
  // Where there was nothing to parse, Express says `{}`.
  if (announced === 0 || typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestException('Send a JSON object.');
  }
  return body as Record<string, unknown>;
}

/** The same, where no body at all means an empty object. */
export function optionalJsonBody(request: AdminRequest, maxBytes: number): Record<string, unknown> {
  const { headers } = request;
  const empty = headers['content-type'] === undefined && headers['transfer-encoding'] === undefined;
  return empty && (headers['content-length'] ?? '0') === '0' ? {} : jsonBody(request, maxBytes);
}

/** @throws BadRequestException for what only a parser without recursion can read */
function sizeOf(body: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(body ?? null));
  } catch {
    throw new BadRequestException('The JSON is nested too deeply.');
  }
}

/**
 * Runs a change; a configuration that cannot work answers 400 with what is wrong, which never is a secret.
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
