import { isObject } from '../../config/schema.js';
import { ask } from '../../base/user-function.js';
import { reportHook } from './decorator-log.js';
import type { AnyValue } from './span-options.js';

/** Options of a decorator, or a function of the method's arguments that returns them. */
export type OptionsInput<O> = O | ((...args: AnyValue[]) => O);

/** Returns the options of one call; none if the user's function throws or returns something else. */
export function givenOptions<O extends object>(
  input: OptionsInput<O>,
  none: O,
  spanName: string,
  host: unknown,
  args: unknown[],
): O {
  if (typeof input !== 'function') return input;
  return ask(
    () => input.apply(host, args),
    // Copying the options runs their getters here, inside the guard.
    (options: unknown) => (isObject(options) ? ({ ...options } as O) : none),
    (error) => {
      reportHook('options', spanName, error);
      return none;
    },
  );
}
