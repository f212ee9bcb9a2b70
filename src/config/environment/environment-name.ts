/** Short names of environments, each with its long name. */
const ALIASES: Readonly<Record<string, string>> = {
  prod: 'production',
  stage: 'staging',
  stg: 'staging',
  dev: 'development',
};

/** Short prefix of each environment for its variables, such as `PROD_` in `PROD_ARIZE_API_KEY`. */
const SHORT: Readonly<Record<string, string>> = { production: 'PROD_', development: 'DEV_' };

/** Returns the environment of the process: `APP_ENV`, else `NODE_ENV`, else `development`. */
export function environmentName(env: NodeJS.ProcessEnv): {
  readonly name: string;
  readonly canonical: string;
} {
  const name =
    [env['APP_ENV'], env['NODE_ENV']].map((value) => value?.trim()).find((value) => value) ?? 'development';
  const lower = name.toLowerCase();
  return { name, canonical: (Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : undefined) ?? lower };
}

/**
 * Returns the prefixes that are tried before a plain name in this environment: `PROD_` and `PRODUCTION_` in
 * production.
 */
export function stagePrefixes(env: NodeJS.ProcessEnv): readonly string[] {
  const { canonical } = environmentName(env);
  const short = Object.hasOwn(SHORT, canonical) ? SHORT[canonical] : undefined;
  const long = `${canonical.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_`;
  return short === undefined ? [long] : [short, long];
}
