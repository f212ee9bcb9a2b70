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
 * Hands a baggage entry of the request to a handler's parameter.
 *
 * @param key - such as `user.id`; without it, all entries by name. An entry that is not there is `undefined`
 * @param pipes - that the value goes through, as for `@Query`
 */
export function Baggage(key?: string, ...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator {
  return key === undefined ? baggageParameter(...pipes) : baggageParameter(key, ...pipes);
}
