import { Inject } from '@nestjs/common';
import { getTracerToken } from '../metadata/tracer-names.js';

/**
 * Injects a tracer of the module's instance, which follows every reconfiguration.
 *
 * @param name - the instrumentation scope; default: the module's own tracer
 */
export function InjectTracer(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getTracerToken(name));
}
