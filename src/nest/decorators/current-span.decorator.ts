import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { NO_SPAN } from '../../tracing/unrecorded-span.js';
import { servedContext } from '../requests/served-entry.js';

/**
 * Passes the active span of the request to a handler's parameter. Outside of traces it is a span that
 * records nothing.
 */
export const CurrentSpan: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, host: ExecutionContext) => servedContext(host.getArgs()).span ?? NO_SPAN,
);
