import { anyOf, boolean, leaf, object, positiveInteger, string } from '../../config/schema.js';
import type { DevtoolsOptions } from '../../devtools/devtools-options.js';
import { TelemetryConfigError } from '../../errors.js';

const MIN_TOKEN_LENGTH = 16;

const port = leaf({
  expected: 'a port, 0 to 65,535',
  remedy: 'Pass a whole number, 0 for any free port.',
  accepts: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 65_536,
});

/** Validates the option `devtools`. */
export const devtoolsCheck = anyOf(
  boolean,
  object({ port, host: string, token: string, maxTraces: positiveInteger, maxBytes: positiveInteger }),
);

/**
 * Reads the option `devtools`.
 *
 * @returns `undefined` if devtools is off
 * @throws TelemetryConfigError for a token that can be guessed, and in production without a token
 */
export function devtoolsOptions(
  option: boolean | DevtoolsOptions | undefined,
  env: NodeJS.ProcessEnv,
): DevtoolsOptions | undefined {
  if (option === undefined || option === false) return undefined;
  const options = option === true ? {} : option;
  const { token } = options;
  if (token !== undefined && token.length < MIN_TOKEN_LENGTH) {
    throw new TelemetryConfigError({
      path: 'devtools.token',
      expected: `a secret of at least ${MIN_TOKEN_LENGTH} characters`,
      got: token,
      secret: true,
      remedy: 'Take a random one, or leave it out for a new one at each start.',
    });
  }
  if (token === undefined && env['NODE_ENV'] === 'production') {
    throw new TelemetryConfigError({
      path: 'devtools',
      expected: 'off where `NODE_ENV` is `production`, or given a `token`',
      got: option,
      remedy:
        'Devtools shows requests to everybody who has its token: leave it out, or pass `{ token }` on ' +
        'purpose.',
    });
  }
  return options;
}
