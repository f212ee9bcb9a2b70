/** The libraries whose calls are recorded, by their names in the option `clients`. */
export const CLIENT_LIBRARIES = ['http', 'redis', 'mysql', 'postgres', 'sqlite', 'mongodb'] as const;
export type ClientLibrary = (typeof CLIENT_LIBRARIES)[number];

/**
 * Selects the libraries whose outgoing calls are recorded, with the options of each. Every library is on
 * unless it is `false`.
 */
export interface ClientsConfig {
  /** Calls by `fetch`, undici, `node:http`, `node:https` and HTTP/2 sessions. */
  readonly http?:
    | boolean
    | {
        /**
         * Hosts (`api.example.com`, `*.example.com`, `localhost:3000`), or regular expressions for the
         * whole address without its query. Calls to them make no span and get no headers. Default: none.
         */
        readonly exclude?: readonly (string | RegExp)[];
        /** Query parameters whose values are hidden in `url.full`, in addition to the default ones. */
        readonly redactQuery?: readonly string[];
      };
  /** Calls by `ioredis` and `redis`. */
  readonly redis?:
    | boolean
    | {
        /** Whether `db.query.text` records the command with its keys but without values; default false. */
        readonly queryText?: boolean;
      };
  /** Calls by `mysql2` and by libraries that use it. */
  readonly mysql?:
    | boolean
    | {
        /** Whether `db.query.text` records the statement, with every literal removed; default true. */
        readonly queryText?: boolean;
        /**
         * Whether `db.query.parameter.<n>` records the parameters of statements; default false, since they
         * are user data.
         */
        readonly parameters?: boolean;
      };
  /** Calls by `pg` and by libraries that use it; takes the options of `mysql`. */
  readonly postgres?: ClientsConfig['mysql'];
  /** Calls by `mongodb` and `mongoose`. */
  readonly mongodb?:
    | boolean
    | {
        /** Whether `db.query.text` records the command, with `?` in place of every value; default true. */
        readonly queryText?: boolean;
      };
  /** Calls by `better-sqlite3` and by libraries that use it; takes the options of `mysql`. */
  readonly sqlite?: ClientsConfig['mysql'];
  /** Counts repeated calls instead of recording each one. `false` records every call. */
  readonly folding?:
    | false
    | {
        /**
         * The number of calls with the same summary and parent that are recorded one by one before counting
         * begins; default 10.
         */
        readonly after?: number;
        /** The longest time before a count is sent as a span, in milliseconds; default 5,000. */
        readonly flushMillis?: number;
      };
  /**
   * Whether a call that one library makes on behalf of another, such as a driver for an ORM, is recorded
   * (`both`) or not (`outer`); default `outer`.
   */
  readonly nested?: 'outer' | 'both';
  /**
   * Whether calls outside of every request, job and span are recorded, each as its own trace; default
   * false.
   */
  readonly outsideFlows?: boolean;
}

const NO_OPTIONS = {};

/** Returns the options of a library, or nothing if its calls are not recorded. */
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

/** The options of outgoing HTTP calls. */
export type HttpClientsConfig = Exclude<ClientsConfig['http'], boolean | undefined>;
/** The options of database calls. */
export type DatabaseClientsConfig = Exclude<ClientsConfig['mysql'], boolean | undefined>;
/** The options that decide when repeated calls are counted. */
export type FoldingConfig = Exclude<ClientsConfig['folding'], false | undefined>;
