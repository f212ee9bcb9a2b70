import { CLIENT_LIBRARIES, type ClientsConfig } from './clients-config.js';
import {
  anyOf,
  arrayOf,
  boolean,
  literal,
  object,
  positiveInteger,
  positiveMillis,
  regExp,
  string,
  type Check,
} from './schema.js';

const database = anyOf(boolean, object({ queryText: boolean, parameters: boolean }));

/** Validates the option `clients`. */
export const clientsCheck: Check = anyOf(
  literal(false),
  object({
    ...Object.fromEntries(CLIENT_LIBRARIES.map((library) => [library, database])),
    redis: anyOf(boolean, object({ queryText: boolean })),
    mongodb: anyOf(boolean, object({ queryText: boolean })),
    http: anyOf(boolean, object({ exclude: arrayOf(anyOf(string, regExp)), redactQuery: arrayOf(string) })),
    folding: anyOf(literal(false), object({ after: positiveInteger, flushMillis: positiveMillis })),
    nested: literal('outer', 'both'),
    outsideFlows: boolean,
  } satisfies Record<
    Exclude<keyof ClientsConfig, (typeof CLIENT_LIBRARIES)[number]> | 'http' | 'redis' | 'mongodb',
    Check
  >),
);
