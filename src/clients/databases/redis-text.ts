import { wordSet } from './word-set.js';

/** Commands whose arguments are keys, all of them. */
const KEYS_ONLY = wordSet(`DEL EXISTS MGET PFCOUNT PFMERGE RENAME RENAMENX SDIFF SDIFFSTORE SINTER
  SINTERSTORE SUNION SUNIONSTORE TOUCH UNLINK WATCH`);

/** Commands whose first argument is a key; every other command shows none of its arguments. */
const KEY_FIRST = wordSet(`APPEND BITCOUNT BITFIELD BITPOS BLPOP BRPOP COPY DECR DECRBY DUMP EXPIRE EXPIREAT
  GEOADD GEODIST GEOHASH GEOPOS GEOSEARCH GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HEXISTS HEXPIRE HGET
  HGETALL HGETDEL HGETEX HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HRANDFIELD HSCAN HSET HSETEX HSETNX
  HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT LINDEX LINSERT LLEN LMOVE LPOP LPOS LPUSH LPUSHX LRANGE LREM
  LSET LTRIM MOVE PERSIST PEXPIRE PEXPIREAT PFADD PSETEX PTTL RESTORE RPOP RPOPLPUSH RPUSH RPUSHX SADD SCARD
  SET SETBIT SETEX SETNX SETRANGE SISMEMBER SMEMBERS SMISMEMBER SMOVE SORT SPOP SRANDMEMBER SREM SSCAN STRLEN
  SUBSTR TTL TYPE XACK XADD XAUTOCLAIM XCLAIM XDEL XLEN XPENDING XRANGE XREVRANGE XTRIM ZADD ZCARD ZCOUNT
  ZINCRBY ZLEXCOUNT ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYRANK
  ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE`);

const MAX_KEYS = 20;
const MAX_LENGTH = 1000;

/**
 * A command with its keys and without any value.
 *
 * @param args - the arguments; the command itself may be the first
 */
export function redisText(operation: string, args: readonly unknown[]): string {
  const rest = String(args[0]).toUpperCase() === operation ? args.slice(1) : args;
  const keys = KEYS_ONLY.has(operation) ? rest.length : KEY_FIRST.has(operation) ? 1 : 0;
  const shown = rest.slice(0, Math.min(keys, MAX_KEYS)).map(String);
  const words = [operation, ...shown, ...(rest.length > shown.length ? ['?'] : [])];
  return words.join(' ').slice(0, MAX_LENGTH);
}
