import { SpanStatusCode } from '@opentelemetry/api';
import { bodySizes } from '../tracing/body-sizes.js';
import { recordError } from '../tracing/error-record.js';
import { graphqlErrorCode, type GraphqlOperation } from './graphql-operation.js';
import type { HttpOptions, RawRequest, RawResponse } from './http-options.js';
import { propertyOf } from './property-of.js';
import type { StreamFigures } from './request-measurement.js';
import type { ServerSpan } from './server-span.js';

/** A request whose response has closed. */
export interface ClosedRequest {
  readonly request: RawRequest;
  readonly response: RawResponse;
  /** The error that a guard, pipe, handler or router threw. */
  readonly error: unknown;
  readonly stream: StreamFigures | undefined;
  /** The operation, if a resolver serves the request. */
  readonly graphql: GraphqlOperation | undefined;
}

/**
 * Records the response on the span. A status of 500 or more is a failure; a lower one is not, even after an
 * error. GraphQL is the exception, since it responds with 200 and has errors in the body. A client that
 * left early did not get the whole response.
 */
export function recordOutcome(
  span: ServerSpan,
  closed: ClosedRequest,
  options: Pick<HttpOptions, 'bodySizes'> | undefined,
): void {
  const { response, error } = closed;
  const ended = propertyOf(response, 'writableEnded') === true;
  if (!ended) span.setAttribute('nestjs.request.aborted', true);
  if (!ended && !response.headersSent) return;
  const status = propertyOf(response, 'statusCode') as number;
  span.setAttribute('http.response.status_code', status);
  if (closed.graphql !== undefined && error !== undefined) {
    span.setAttribute('graphql.error.code', graphqlErrorCode(error));
    recordError(span, error);
  }
  if (options?.bodySizes === true) recordSizes(span, closed);
  if (!ended || status < 500) return;
  if (error === undefined) span.setAttribute('error.type', String(status));
  else recordError(span, error);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function recordSizes(span: ServerSpan, { request, response, stream }: ClosedRequest): void {
  const sizes = bodySizes({
    request,
    response,
    method: request.method ?? 'GET',
    status: response.statusCode,
    stream: stream?.began === true ? stream : undefined,
  });
  if (sizes.request !== undefined) span.setAttribute('http.request.body.size', sizes.request);
  // A client that left early did not receive the announced size.
  if (sizes.response !== undefined && (response.writableEnded || stream?.began === true))
    span.setAttribute('http.response.body.size', sizes.response);
}
