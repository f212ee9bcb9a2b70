import { createParamDecorator } from '@nestjs/common';
import { activeContext } from '../../context/flow-context.js';
import { NO_SPAN } from '../../tracing/unrecorded-span.js';

/** Hands the active span to a handler's parameter: the request's. Never absent: outside of traces it is one that records nothing. */
export const CurrentSpan: () => ParameterDecorator = createParamDecorator(
  () => activeContext().span ?? NO_SPAN,
);
