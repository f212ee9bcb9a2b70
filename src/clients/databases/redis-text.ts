/** Commands whose arguments are keys, all of them. */
const KEYS_ONLY =
  /^(DEL|EXISTS|MGET|PFCOUNT|PFMERGE|RENAME|RENAMENX|SDIFF|SDIFFSTORE|SINTER|SINTERSTORE|SUNION|SUNIONSTORE|TOUCH|UNLINK|WATCH)$/;

/** Commands whose first argument is a key; every other command shows none of its arguments. */
const KEY_FIRST =
  /^(APPEND|BITCOUNT|BITFIELD|BITPOS|BLPOP|BRPOP|COPY|DECR|DECRBY|DUMP|EXPIRE\w*|GEO\w+|GET\w*|H(?!ELLO)\w+|INCR\w*|L(INDEX|INSERT|LEN|MOVE|POP|POS|PUSHX?|RANGE|REM|SET|TRIM)|MOVE|PERSIST|PEXPIRE\w*|PFADD|PSETEX|PTTL|RESTORE|RPOP\w*|RPUSHX?|S(ADD|CARD|ET\w*|ISMEMBER|MEMBERS|MISMEMBER|MOVE|ORT\w*|POP|RANDMEMBER|REM|SCAN|TRLEN|UBSTR)|TTL|TYPE|X(ACK|ADD|AUTOCLAIM|CLAIM|DEL|LEN|PENDING|RANGE|REVRANGE|TRIM)|Z(ADD|CARD|COUNT|INCRBY|LEXCOUNT|MSCORE|POPMAX|POPMIN|RAN\w+|REM\w*|REV\w+|SCAN|SCORE))$/;

const MAX_KEYS = 20;
const MAX_LENGTH = 1000;

/**
 * A command with its keys and without any value.
 *
 * @param args - the arguments; the command itself may be the first
 */
export function redisText(operation: string, args: readonly unknown[]): string {
  const rest = String(args[0]).toUpperCase() === operation ? args.slice(1) : args;
  const keys = KEYS_ONLY.test(operation) ? rest.length : KEY_FIRST.test(operation) ? 1 : 0;
  const shown = rest.slice(0, Math.min(keys, MAX_KEYS)).map(String);
  const words = [operation, ...shown, ...(rest.length > shown.length ? ['?'] : [])];
  return words.join(' ').slice(0, MAX_LENGTH);
}
