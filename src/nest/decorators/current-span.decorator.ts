import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { NO_SPAN } from '../../tracing/unrecorded-span.js';
import { servedContext } from '../requests/served-entry.js';

/**
 * Hands the active span to a handler's parameter: the request's. Never absent: outside of traces it is
 * one that records nothing.
 */
export const CurrentSpan: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, host: ExecutionContext) => servedContext(host.getArgs()).span ?? NO_SPAN,
);
