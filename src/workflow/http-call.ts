import { SpanStatusCode, type Attributes, type Span } from '@opentelemetry/api';
import { ask } from '../base/user-function.js';

/**
 * Returns the attributes of an outgoing request; credentials in the address are left out.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span | HTTP client
 *   span}
 */
export function outgoingRequestAttributes(method: string, url: string | URL): Attributes {
  const attributes: Attributes = { 'http.request.method': method.toUpperCase() };
  if (!URL.canParse(String(url))) return attributes;
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  const port = parsed.port === '' ? { 'http:': 80, 'https:': 443 }[parsed.protocol] : Number(parsed.port);
  return {
    ...attributes,
    'url.full': parsed.href,
    'server.address': parsed.hostname,
    ...(port === undefined ? {} : { 'server.port': port }),
  };
}

/** Records the status of a response, if it has one; 400 and above is a failure of the call. */
export function recordResponse(span: Span, response: unknown): void {
  const status = statusOf(response);
  if (status === undefined) return;
  span.setAttribute('http.response.status_code', status);
  if (status < 400) return;
  span.setAttribute('error.type', String(status));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Reads the status of a response, which may be any object with throwing getters. */
function statusOf(response: unknown): number | undefined {
  return ask(
    () => (Object(response) as { status?: unknown }).status,
    (status) => (typeof status === 'number' ? status : undefined),
    () => undefined,
  );
}
