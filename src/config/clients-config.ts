/** Libraries whose calls are seen, by the names that the option `clients` has for them. */
export const CLIENT_LIBRARIES = ['http', 'redis', 'mysql', 'postgres', 'sqlite', 'mongodb'] as const;
export type ClientLibrary = (typeof CLIENT_LIBRARIES)[number];

/** Outgoing calls: which libraries are seen, and how. Each library is on unless it is `false`. */
export interface ClientsConfig {
  /** `fetch`, undici, `node:http`, `node:https` and HTTP/2 sessions. */
  readonly http?:
    | boolean
    | {
        /**
         * Calls that make no span and get no headers: hosts (`api.example.com`, `*.example.com`,
         * `localhost:3000`), or regular expressions that are tried on the whole address without its query.
         */
        readonly exclude?: readonly (string | RegExp)[];
        /** Query parameters whose values `url.full` hides, beside the default ones. */
        readonly redactQuery?: readonly string[];
      };
  /** `ioredis` and `redis`. */
  readonly redis?:
    | boolean
    | {
        /** `db.query.text`: the command with its keys, values removed; default false. */
        readonly queryText?: boolean;
      };
  /** `mysql2`, and what is built on it. */
  readonly mysql?:
    | boolean
    | {
        /** `db.query.text`, with every literal removed; default true. */
        readonly queryText?: boolean;
        /**
         * Parameters of statements as `db.query.parameter.<n>`; default false, since
         * they are the users' data.
         */
        readonly parameters?: boolean;
      };
  /** `pg`, and what is built on it; the options of `mysql`. */
  readonly postgres?: ClientsConfig['mysql'];
  /** `mongodb` and `mongoose`. */
  readonly mongodb?:
    | boolean
    | {
        /** `db.query.text`: the command with `?` for every value; default true. */
        readonly queryText?: boolean;
      };
  /** `better-sqlite3`, and what is built on it; the options of `mysql`. */
  readonly sqlite?: ClientsConfig['mysql'];
  /** `false` records every call. */
  readonly folding?:
    | false
    | {
        /** How many calls of one summary below one parent are recorded whole; default 10. */
        readonly after?: number;
        /** Longest time until what was counted is sent as a span, in milliseconds; default 5,000. */
        readonly flushMillis?: number;
      };
  /**
   * Whether a call that a library makes for another one, such as a driver for an ORM, is recorded
   * as well; default `outer`.
   */
  readonly nested?: 'outer' | 'both';
  /**
   * Whether calls outside of every request, job and span are recorded, as traces of their own; default false.
   */
  readonly outsideFlows?: boolean;
}

const NO_OPTIONS = {};

/** The options of a library; nothing if its calls are not recorded. */
export function libraryOptions<L extends ClientLibrary>(
  config: ClientsConfig | false,
  library: L,
): Exclude<ClientsConfig[L], boolean | undefined> | undefined {
  if (config === false) return undefined;
  const given = config[library];
  if (given === false) return undefined;
  return (given === true || given === undefined ? NO_OPTIONS : given) as Exclude<
    ClientsConfig[L],
    boolean | undefined
  >;
}

/** How outgoing HTTP calls are recorded. */
export type HttpClientsConfig = Exclude<ClientsConfig['http'], boolean | undefined>;
/** How operations of a database are recorded. */
export type DatabaseClientsConfig = Exclude<ClientsConfig['mysql'], boolean | undefined>;
/** When repeated operations are counted. */
export type FoldingConfig = Exclude<ClientsConfig['folding'], false | undefined>;
