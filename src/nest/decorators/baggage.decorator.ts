import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { propagation } from '@opentelemetry/api';
import { servedContext } from '../requests/served-entry.js';

const baggageParameter = createParamDecorator((key: string | undefined, host: ExecutionContext) => {
  const baggage = propagation.getBaggage(servedContext(host.getArgs()));
  if (key !== undefined) return baggage?.getEntry(key)?.value;
  const entries = baggage?.getAllEntries() ?? [];
  return Object.fromEntries(entries.map(([name, { value }]) => [name, value]));
});

/**
 * Passes a baggage entry of the request to a handler's parameter.
 *
 * @param key - the entry's name, such as `user.id`; default: all entries by name. A missing entry is
 *   `undefined`
 * @param pipes - pipes for the value, as in `@Query`
 */
export function Baggage(key?: string, ...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator {
  return key === undefined ? baggageParameter(...pipes) : baggageParameter(key, ...pipes);
}
