import { Inject } from '@nestjs/common';
import { getTracerToken, requestTracerName } from '../tracer-names.js';

/**
 * Injects a tracer of the module's instance; it follows every reconfiguration.
 *
 * @param name - instrumentation scope of its spans; default: the module's own tracer
 */
export function InjectTracer(name?: string): ParameterDecorator & PropertyDecorator {
  if (name !== undefined) requestTracerName(name);
  return Inject(getTracerToken(name));
}
