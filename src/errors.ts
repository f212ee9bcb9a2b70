/**
 * Stable machine-readable codes of {@link TelemetryError}.
 */
export type TelemetryErrorCode =
  | 'TELEMETRY_CONFIG_INVALID'
  | 'TELEMETRY_PACKAGE_MISSING'
  | 'TELEMETRY_EXPORTER_UNBUILDABLE'
  | 'TELEMETRY_SHUT_DOWN'
  | 'TELEMETRY_INSTRUMENT_CONFLICT'
  | 'TELEMETRY_ADMIN_UNGUARDED'
  | 'TELEMETRY_DEVTOOLS_UNAVAILABLE';

/** The base class of this library's errors. They are thrown only while configuring, never in a request. */
export class TelemetryError extends Error {
  /** The class name, as shown in a stack trace. */
  override readonly name: string = 'TelemetryError';

  constructor(
    /** Identifies the error; stable, while texts may change. */
    readonly code: TelemetryErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The parts of a {@link TelemetryConfigError} message. */
export interface ConfigProblem {
  /** The dotted path of the option, such as `exporter.url` or `exporter[1].headers`. */
  readonly path: string;
  /** The accepted values, such as `a number from 0 to 1`. */
  readonly expected: string;
  /** The refused value; omitted for secrets. Strings are cut at 80 characters. */
  readonly got?: unknown;
  /** Whether the value is a secret; then only its type is printed. */
  readonly secret?: boolean;
  /** The remedy, in one sentence. */
  readonly remedy: string;
  /** The error code; default `TELEMETRY_CONFIG_INVALID`. */
  readonly code?: TelemetryErrorCode;
  /** The error that caused this one. */
  readonly cause?: unknown;
}

/**
 * Reports an invalid configuration: a wrong type, an unknown key, a missing package, an exporter that
 * cannot be built.
 *
 * The message names the option, the expected and the given value, and the remedy. It never contains a
 * secret.
 */
export class TelemetryConfigError extends TelemetryError {
  /** The class name, as shown in a stack trace. */
  override readonly name = 'TelemetryConfigError';
  /** The dotted path of the option, such as `sampler.ratio`. */
  readonly path: string;

  constructor(problem: ConfigProblem) {
    super(
      problem.code ?? 'TELEMETRY_CONFIG_INVALID',
      `Expected \`${problem.path}\` to be ${problem.expected}, got ${describe(problem)}. ${problem.remedy}`,
      problem.cause === undefined ? undefined : { cause: problem.cause },
    );
    this.path = problem.path;
  }
}

function describe({ got, secret }: ConfigProblem): string {
  const type = got === null ? 'null' : Array.isArray(got) ? 'array' : typeof got;
  if (got === undefined) return 'nothing';
  if (secret === true) return `${/^[ao]/.test(type) ? 'an' : 'a'} ${type} that is not shown`;
  if (typeof got === 'string') {
    const shown = withoutSecrets(got);
    return `\`${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}\` (string)`;
  }
  if (typeof got === 'number' || typeof got === 'boolean' || typeof got === 'bigint') {
    return `\`${String(got)}\` (${type})`;
  }
  return type === 'object' || type === 'array' ? `an ${type}` : type === 'null' ? 'null' : `a ${type}`;
}

/**
 * Shapes of credentials in a wrong option: user info, a query, a scheme or a name with a value, a key of a
 * service.
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\/\/[^/?#\s]*@/g, '//****@'],
  [/\?[^\s=]*=\S*/g, '?****'],
  [/\b(bearer|basic|token|digest)\s+\S+/gi, '$1 ****'],
  [
    /((?:authorization|cookie|password|passwd|pwd|pass|secret|token|api[._-]?key)["']?\s*[:=]\s*)\S+/gi,
    '$1****',
  ],
  [/\b(?:eyJ|[sr]k[-_]|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|AKIA|ASIA|AIza|npm_|hf_)[\w.-]{12,}/g, '****'],
];

/**
 * Masks credential-like parts of a text, since users put credentials into wrong options and paste errors
 * into tickets.
 */
export function withoutSecrets(text: string): string {
  // The limit is longer than any shown text, and short enough to search quickly.
  let shown = text.slice(0, 1_000);
  for (const [pattern, replacement] of SECRETS) shown = shown.replace(pattern, replacement);
  return shown;
}
