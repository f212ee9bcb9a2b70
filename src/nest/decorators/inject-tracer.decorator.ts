import { Inject } from '@nestjs/common';
import { getTracerToken } from '../metadata/tracer-names.js';

/**
 * Injects a tracer of the module's instance; it follows every reconfiguration.
 *
 * @param name - instrumentation scope of its spans; default: the module's own tracer
 */
export function InjectTracer(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getTracerToken(name));
}
