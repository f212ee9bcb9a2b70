import { Inject } from '@nestjs/common';
import { getMeterToken } from '../metadata/meter-names.js';

/**
 * Injects a meter of the module's instance. Its instruments follow every reconfiguration.
 *
 * @param name - the instrumentation scope; default: the module's own meter
 */
export function InjectMeter(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getMeterToken(name));
}
