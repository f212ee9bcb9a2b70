import { fail, type Check } from '../schema.js';
import { Secret } from '../secret.js';
import { credential, url } from '../text-checks.js';

/**
 * Reads variables of a given environment and remembers which ones it has read, so that the unread ones can
 * be reported.
 *
 * As the specification asks, an empty variable counts as unset. A number, flag or choice that cannot be
 * parsed causes a warning and is ignored. An unusable address or credential is an error.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ |
 *   Environment variables}
 */
export class Variables {
  private readonly seen = new Set<string>();

  /**
   * @param warn - receives a message, and the variable that it is about if it is about a single one
   * @param prefix - tried before every plain name
   * @param stages - prefixes tried next, but only for names about telemetry, since other programs may use
   *   `TEST_ENVIRONMENT`
   */
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    readonly warn: (message: string, variable?: string) => void,
    private readonly prefix = '',
    private readonly stages: readonly string[] = [],
  ) {}

  /** Returns the full name of the variable that supplies the value of `name`. */
  source(name: string): string | undefined {
    const stages = /^(OTEL|ARIZE|PHOENIX)_/.test(name) ? this.stages : [];
    const prefixes = this.prefix === '' ? stages : [this.prefix, ...stages];
    return [...prefixes, ''].map((prefix) => prefix + name).find((full) => this.valueOf(full) !== '');
  }

  isSet(name: string): boolean {
    return this.source(name) !== undefined;
  }

  text(name: string): string | undefined {
    const source = this.source(name);
    if (source === undefined) return undefined;
    this.seen.add(source);
    return this.valueOf(source);
  }

  secret(name: string): Secret | undefined {
    return this.checked(name, credential, (value) => new Secret(value));
  }

  /**
   * Returns the address in a variable.
   *
   * @throws TelemetryConfigError with the variable's name, if the address has no scheme
   */
  url(name: string): string | undefined {
    return this.checked(name, url, (value) => value);
  }

  number(name: string, check: Check): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    try {
      check.assert(number, name);
      return number;
    } catch {
      this.complain(name, value, check.expected);
      return undefined;
    }
  }

  /** Reads `true`, `1`, `yes` or `on`, or their opposites, in any case. */
  flag(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^(true|1|yes|on)$/i.test(value)) return true;
    if (/^(false|0|no|off)$/i.test(value)) return false;
    this.complain(name, value, 'true or false');
    return undefined;
  }

  /** Reads exactly `true` or `false` in any case, as the specification defines it. */
  standardFlag(name: string): boolean | undefined {
    return this.choice(name, ['true', 'false']) === 'true' ? true : undefined;
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name)?.toLowerCase();
    const choice = choices.find((known) => known === value);
    if (choice === undefined && value !== undefined)
      this.complain(name, value, `one of ${choices.join(', ')}`);
    return choice;
  }

  /** Returns the entries of a comma-separated list, without empty ones. */
  list(name: string): readonly string[] {
    const entries = this.text(name)?.split(',') ?? [];
    return entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
  }

  /** Warns that a variable has no effect, and why; silent if it is unset. */
  ignore(name: string, reason: string): void {
    const source = this.source(name);
    if (source === undefined || this.seen.has(source)) return;
    this.seen.add(source);
    this.warn(`${source} is not read: ${reason}`, source);
  }

  /** Returns the variables that are set but have not been read, without this reader's prefix. */
  unread(): string[] {
    return Object.keys(this.env)
      .filter((full) => this.valueOf(full) !== '' && !this.seen.has(full))
      .map((full) => (full.startsWith(this.prefix) ? full.slice(this.prefix.length) : full));
  }

  private complain(name: string, value: string, expected: string): void {
    const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
    const source = this.source(name) ?? name;
    this.warn(`${source} is ignored: expected ${expected}, got \`${shown}\`.`, source);
  }

  private checked<T>(name: string, check: Check, convert: (value: string) => T): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    check.assert(value, this.source(name) ?? name);
    return convert(value);
  }

  private valueOf(full: string): string {
    return Object.hasOwn(this.env, full) ? (this.env[full] ?? '').trim() : '';
  }
}

/**
 * Parses `key1=value1,key2=value2` with percent-encoded values, the format of `OTEL_RESOURCE_ATTRIBUTES`
 * and of OTLP headers.
 *
 * @returns the entries in order, or the first invalid entry
 */
export function parsePairs(text: string): { entries: [string, string][]; malformed?: string } {
  const entries: [string, string][] = [];
  for (const member of text.split(',')) {
    if (member.trim() === '') continue;
    const at = member.indexOf('=');
    if (at < 0) return { entries, malformed: member.trim() };
    const key = member.slice(0, at).trim();
    if (key === '') return { entries, malformed: key };
    const value = member.slice(at + 1).trim();
    try {
      entries.push([decodeURIComponent(key), decodeURIComponent(value)]);
    } catch {
      return { entries, malformed: key };
    }
  }
  return { entries };
}

/**
 * Reports a variable that is set without its partner.
 *
 * @throws TelemetryConfigError always: the two variables only work together
 */
export function missingPartner(missing: string, given: string): never {
  return fail({
    path: missing,
    expected: `set together with ${given}`,
    remedy: `Set both, or unset ${given}.`,
  });
}
