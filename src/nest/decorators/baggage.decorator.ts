import { createParamDecorator, type PipeTransform, type Type } from '@nestjs/common';
import { propagation } from '@opentelemetry/api';
import { activeContext } from '../../context/flow-context.js';

const baggageParameter = createParamDecorator((key: string | undefined) => {
  const baggage = propagation.getBaggage(activeContext());
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
