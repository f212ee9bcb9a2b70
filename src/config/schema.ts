import { TelemetryConfigError, type ConfigProblem } from '../errors.js';
import { nearestName } from './nearest-name.js';
import { knownElsewhereAs } from './other-names.js';

/**
 * Validates one option. Checks are plain values that can be composed:
 * `object({ url, timeoutMillis: positiveMillis })`.
 *
 * `undefined` counts as omitted, except for {@link required} and in a {@link record}.
 */
export interface Check {
  /** The text that completes the message "Expected `path` to be …". */
  readonly expected: string;
  /**
   * Whether the value has the right kind. {@link anyOf} uses it to choose the check whose `assert` then
   * looks inside.
   */
  accepts(value: unknown): boolean;
  /** Checks one value. @throws TelemetryConfigError with the dotted path of the invalid option */
  assert(value: unknown, path: string): void;
  /** Whether the object must have this option. */
  readonly required?: true;
}

/** The checks of an object's options, by name. */
export type Shape = Readonly<Record<string, Check>>;

/** Describes a {@link leaf}: its test and the error text for values that it refuses. */
export interface LeafRule {
  readonly expected: string;
  readonly remedy: string | ((value: unknown) => string);
  readonly accepts: (value: unknown) => boolean;
  /**
   * Whether a refused value was probably meant for this check, which then words the error; accepts more
   * than `accepts`.
   */
  readonly kind?: (value: unknown) => boolean;
  /** Whether the error shows only the value's type. */
  readonly secret?: boolean;
  /** Returns the text that the error shows in place of the value. */
  readonly show?: (value: unknown) => unknown;
}

/** Creates a check for a value that has no parts. */
export function leaf(rule: LeafRule): Check {
  const {
    expected,
    remedy,
    accepts,
    kind = accepts,
    secret = false,
    show = (value: unknown) => value,
  } = rule;
  return {
    expected,
    accepts: kind,
    assert(value, path) {
      if (accepts(value)) return;
      const text = typeof remedy === 'string' ? remedy : remedy(value);
      throw new TelemetryConfigError({ path, expected, got: show(value), secret, remedy: text });
    },
  };
}

export const string = leaf({
  expected: 'a non-empty string',
  remedy: 'Pass a text, or leave the option out.',
  accepts: (value) => typeof value === 'string' && value.trim() !== '',
});

export const boolean = leaf({
  expected: 'true or false',
  remedy: 'Pass a boolean, not a text, or leave the option out.',
  accepts: (value) => typeof value === 'boolean',
});

export const ratio = leaf({
  expected: 'a number from 0 to 1',
  remedy: 'Pass the share of traces to keep: 0.1 keeps a tenth, 1 all of them.',
  accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  kind: (value) => typeof value === 'number',
});

/** The longest delay of a Node timer; longer ones fire at once. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1;

export const positiveMillis = leaf({
  expected: `a positive number of milliseconds, at most ${LONGEST_TIMER_MILLIS}`,
  remedy: 'Pass milliseconds, or leave the option out for its default.',
  accepts: (value) => typeof value === 'number' && value > 0 && value <= LONGEST_TIMER_MILLIS,
});

export const positiveInteger = leaf({
  expected: 'a positive whole number',
  remedy: 'Pass 1 or more, or leave the option out for its default.',
  accepts: (value) => Number.isSafeInteger(value) && (value as number) > 0,
});

/** Checks a limit of the SDK: how many items are kept. */
export const limit = leaf({
  expected: 'a whole number of 0 or more, or Infinity',
  remedy: 'Pass how many are kept, or leave the option out for its default.',
  accepts: (value) => value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 0),
});

export const fn = leaf({
  expected: 'a function',
  remedy: 'Pass the function itself, not what it returns.',
  accepts: (value) => typeof value === 'function',
});

export const regExp = instance('a regular expression', (value) => value instanceof RegExp);

/**
 * Checks an object that a user builds. It is recognised by its methods, since a package may be installed in
 * several copies.
 */
export function instance(expected: string, accepts: (value: unknown) => boolean, remedy = ''): Check {
  return leaf({
    expected,
    accepts,
    remedy: remedy === '' ? `Pass ${expected}, or leave the option out.` : remedy,
  });
}

/** Checks that an object has certain methods. The first one shows which kind of object the user meant. */
export function withMethods(expected: string, ...methods: readonly [string, ...string[]]): Check {
  const can = (value: unknown, method: string): boolean =>
    isObject(value) && typeof Reflect.get(value, method) === 'function';
  return leaf({
    expected,
    accepts: (value) => methods.every((method) => can(value, method)),
    kind: (value) => can(value, methods[0]),
    remedy: `It needs the methods ${methods.join(', ')}.`,
  });
}

/** Checks that a value is one of a few constants. */
export function literal(...values: readonly (string | number | boolean)[]): Check {
  const expected = oneOfText(
    values.map((value) => (typeof value === 'string' ? `\`${value}\`` : String(value))),
  );
  return leaf({
    expected,
    remedy: (value) => {
      const nearest = typeof value === 'string' ? nearestName(value, values.map(String)) : undefined;
      return nearest === undefined ? 'Pass one of these.' : `Did you mean \`${nearest}\`?`;
    },
    accepts: (value) => values.some((known) => known === value),
  });
}

/** Accepts several kinds of value; the first check that accepts the value validates it. */
export function anyOf(...checks: readonly [Check, ...Check[]]): Check {
  const expected = oneOfText(checks.map((check) => check.expected));
  return {
    expected,
    accepts: (value) => checks.some((check) => check.accepts(value)),
    assert(value, path) {
      const chosen = checks.find((check) => check.accepts(value));
      if (chosen !== undefined) chosen.assert(value, path);
      else fail({ path, expected, got: value, remedy: 'Pass one of these, or leave the option out.' });
    },
  };
}

/** Checks every element of a list. Errors name the element, as in `exporter[1].url`. */
export function arrayOf(check: Check): Check {
  return {
    expected: 'a list',
    accepts: Array.isArray,
    assert(value, path) {
      if (!Array.isArray(value)) {
        fail({ path, expected: `a list, each ${check.expected}`, got: value, remedy: 'Put it in an array.' });
        return;
      }
      value.forEach((item, index) => check.assert(item, `${path}[${index}]`));
    },
  };
}

/**
 * Checks an object whose names the user chooses. A name with the value `undefined` is an error, since it
 * usually comes from a missing variable.
 *
 * @param secret - whether the error shows only the type of a value that is not an object
 */
export function record(check: Check, name: Check = string, secret = false): Check {
  const expected = `an object, each value ${check.expected}`;
  return {
    expected,
    accepts: isObject,
    assert(value, path) {
      if (!isObject(value)) {
        fail({ path, expected, got: value, secret, remedy: 'Pass an object.' });
        return;
      }
      for (const [key, item] of Object.entries(value)) {
        name.assert(key, `${path}[name]`);
        check.assert(item, join(path, key));
      }
    },
  };
}

/** Checks an object and refuses unknown options. */
export function object(shape: Shape, remedy = 'Pass an object with the options of this section.'): Check {
  return {
    expected: 'an object',
    accepts: isObject,
    assert(value, path) {
      if (!isObject(value)) {
        fail({ path: path === '' ? 'config' : path, expected: 'an object', got: value, remedy });
        return;
      }
      refuseUnknown(value, shape, path);
      for (const [key, check] of Object.entries(shape)) {
        const item: unknown = Reflect.get(value, key);
        if (item !== undefined || check.required === true) check.assert(item, join(path, key));
      }
    },
  };
}

/** Checks an object whose options depend on one of them, such as an exporter's on its `type`. */
export function variants(key: string, shapes: Readonly<Record<string, Shape>>): Check {
  const discriminator = literal(...Object.keys(shapes));
  return {
    expected: `an object with \`${key}\``,
    accepts: isObject,
    assert(value, path) {
      const kind: unknown = isObject(value) ? Reflect.get(value, key) : undefined;
      if (isObject(value)) discriminator.assert(kind, join(path, key));
      object({ ...shapes[String(kind)], [key]: discriminator }).assert(value, path);
    },
  };
}

/** Marks an option as required. */
export function required(check: Check): Check {
  return { ...check, required: true };
}

/** Adds a check over several options, such as two that need each other. */
export function refine(check: Check, rule: (value: object, path: string) => void): Check {
  return {
    ...check,
    assert(value, path) {
      check.assert(value, path);
      rule(value as object, path);
    },
  };
}

/** Returns the path of an option inside another. */
export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** Reports a problem that a custom check found. @throws TelemetryConfigError always; for custom checks */
export function fail(problem: ConfigProblem): never {
  throw new TelemetryConfigError(problem);
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuseUnknown(value: object, shape: Shape, path: string): void {
  for (const [key, item] of Object.entries(value)) {
    if (Object.hasOwn(shape, key) || item === undefined) continue;
    const known = Object.keys(shape);
    const meant = knownElsewhereAs(key, known) ?? nearestName(key, known);
    fail({
      path: join(path, key),
      expected: 'an option that exists',
      got: item,
      // The value may be a misplaced credential.
      secret: true,
      remedy:
        meant === undefined ? `Remove it; known here: ${known.join(', ')}.` : `Did you mean \`${meant}\`?`,
    });
  }
}

function oneOfText(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1) ?? ''}`;
}
