/** Facts that an error's code reveals. */
export interface ErrorFacts {
  readonly category?: 'validation' | 'timeout' | 'network' | 'database';
  readonly retryable?: boolean;
  readonly expected?: boolean;
  /** The database's own error code. */
  readonly code?: string;
}

const TIMEOUT_CODES = /^(ETIMEDOUT|ESOCKETTIMEDOUT|ECONNABORTED|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT)$/;
const NETWORK_CODES =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|UND_ERR_SOCKET)$/;

/**
 * SQLSTATE codes of temporary conditions: connection lost, serialization failure, deadlock, lock not
 * available, resources exhausted, shutting down.
 *
 * @see {@link https://www.postgresql.org/docs/current/errcodes-appendix.html | PostgreSQL error codes}
 */
const PASSING_SQLSTATE = /^(08...|40001|40P01|53...|55P03|57P0[123])$/;
const PASSING_NAMED_CODE = new RegExp(
  '^(ER_LOCK_DEADLOCK|ER_LOCK_WAIT_TIMEOUT|ER_CON_COUNT_ERROR|SQLITE_BUSY|SQLITE_LOCKED|' +
    'P1001|P1002|P1008|P1017|P2024|P2034)$',
);
const NAMED_CODE = /^(ER_[A-Z0-9_]+|SQLITE_[A-Z_]+)$/;
const PRISMA_CODE = /^P\d{4}$/;

interface CodedError {
  readonly code?: unknown;
  readonly name?: unknown;
  readonly severity?: unknown;
  readonly sqlState?: unknown;
  readonly clientVersion?: unknown;
  /** The driver's error, as TypeORM keeps it. */
  readonly driverError?: unknown;
}

/** Reads the error codes of Node, undici, PostgreSQL, MySQL, SQLite, Prisma and MongoDB. */
export function codeFacts(error: object): ErrorFacts | undefined {
  const { code, name, severity, sqlState, clientVersion, driverError } = error as CodedError;
  if (typeof driverError === 'object' && driverError !== null && driverError !== error) {
    return codeFacts(driverError) ?? { category: 'database' };
  }
  if (typeof sqlState === 'string')
    return databaseFacts(typeof code === 'string' ? code : sqlState, sqlState);
  if (typeof name === 'string' && /^Mongo\w*Error$/.test(name)) return mongoFacts(error, name, code);
  if (typeof code !== 'string') return undefined;
  if (severity !== undefined && /^[0-9A-Z]{5}$/.test(code)) return databaseFacts(code, code);
  if (NAMED_CODE.test(code)) return databaseFacts(code);
  if (clientVersion !== undefined && PRISMA_CODE.test(code)) return databaseFacts(code);
  if (TIMEOUT_CODES.test(code)) return { category: 'timeout', retryable: true };
  if (NETWORK_CODES.test(code)) return { category: 'network', retryable: true };
  return undefined;
}

function databaseFacts(code: string, sqlState = ''): ErrorFacts {
  return {
    category: 'database',
    retryable: PASSING_SQLSTATE.test(sqlState) || PASSING_NAMED_CODE.test(code),
    code,
  };
}

function mongoFacts(error: object, name: string, code: unknown): ErrorFacts {
  const { hasErrorLabel } = error as { hasErrorLabel?: unknown };
  const labelled =
    typeof hasErrorLabel === 'function' &&
    ['TransientTransactionError', 'RetryableWriteError'].some(
      (label) => hasErrorLabel.call(error, label) === true,
    );
  return {
    category: 'database',
    retryable: labelled || /^MongoNetwork/.test(name),
    ...(typeof code === 'number' ? { code: String(code) } : {}),
  };
}
