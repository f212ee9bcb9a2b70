import {
  BadRequestException,
  HttpException,
  RequestTimeoutException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { GraphQLError } from 'graphql';
import { lastValueFrom, NEVER, timeout } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { classifyError, type ErrorClassification } from '../../src/index.js';

const coded = (name: string, fields: object): Error => Object.assign(new Error('failed'), { name }, fields);
const wrapped = (cause: unknown): Error => new Error('outer', { cause });

class OrderError extends Error {}
class ZodError extends Error {
  override name = 'ZodError';
}

const cyclic: Error & { cause?: unknown } = new OrderError('loop');
cyclic.cause = cyclic;

const database = (type: string, code: string, retryable: boolean): ErrorClassification => ({
  type,
  retryable,
  attributes: { 'error.category': 'database', 'db.response.status_code': code },
});
const category = (type: string, name: string, retryable: boolean): ErrorClassification => ({
  type,
  retryable,
  attributes: { 'error.category': name },
});

it.each<[string, unknown, ErrorClassification]>([
  ['an error of its own class', new OrderError('x'), { type: 'OrderError', attributes: {} }],
  ['a plain error', new Error('x'), { type: 'Error', attributes: {} }],
  [
    'a client’s mistake',
    new BadRequestException(),
    { type: 'BadRequestException', expected: true, attributes: {} },
  ],
  [
    'a client that was slow',
    new RequestTimeoutException(),
    { type: 'RequestTimeoutException', expected: true, retryable: true, attributes: {} },
  ],
  [
    'an unavailable service',
    new ServiceUnavailableException(),
    { type: 'ServiceUnavailableException', expected: false, retryable: true, attributes: {} },
  ],
  [
    'a server’s fault',
    new HttpException('x', 500),
    { type: 'HttpException', expected: false, attributes: {} },
  ],
  ...['BAD_REQUEST', 'BAD_USER_INPUT', 'UNAUTHENTICATED', 'FORBIDDEN'].map(
    (code): [string, unknown, ErrorClassification] => [
      `a client’s mistake in GraphQL, ${code}`,
      new GraphQLError('x', { extensions: { code } }),
      { type: 'GraphQLError', expected: true, attributes: {} },
    ],
  ),
  [
    'a status of GraphQL below 500',
    new GraphQLError('x', { extensions: { code: 'BUSY', http: { status: 429 } } }),
    { type: 'GraphQLError', expected: true, retryable: true, attributes: {} },
  ],
  [
    'a status of GraphQL of 500 or more, whatever its code',
    new GraphQLError('x', { extensions: { code: 'FORBIDDEN', http: { status: 503 } } }),
    { type: 'GraphQLError', expected: false, retryable: true, attributes: {} },
  ],
  [
    'a code of GraphQL that nobody knows',
    new GraphQLError('x', { extensions: { code: 'ORDER_GONE', http: {} } }),
    { type: 'GraphQLError', attributes: {} },
  ],
  ['a validation error', new ZodError('x'), category('ZodError', 'validation', false)],
  [
    'a timeout of RxJS',
    await lastValueFrom(NEVER.pipe(timeout(0))).catch((error: unknown) => error),
    category('TimeoutError', 'timeout', true),
  ],
  ['a timeout by name', new DOMException('late', 'TimeoutError'), category('TimeoutError', 'timeout', true)],
  ['a timeout of a socket', coded('Error', { code: 'ETIMEDOUT' }), category('Error', 'timeout', true)],
  ['a refused connection', coded('Error', { code: 'ECONNREFUSED' }), category('Error', 'network', true)],
  ['a missing permission', coded('Error', { code: 'EPERM' }), { type: 'Error', attributes: {} }],
  [
    'a duplicate key in PostgreSQL',
    coded('error', { code: '23505', severity: 'ERROR' }),
    database('error', '23505', false),
  ],
  [
    'a deadlock in PostgreSQL',
    coded('error', { code: '40P01', severity: 'ERROR' }),
    database('error', '40P01', true),
  ],
  [
    'a lost connection in PostgreSQL',
    coded('error', { code: '08006', severity: 'FATAL' }),
    database('error', '08006', true),
  ],
  [
    'a deadlock in MySQL',
    coded('Error', { code: 'ER_LOCK_DEADLOCK', errno: 1213, sqlState: '40001' }),
    database('Error', 'ER_LOCK_DEADLOCK', true),
  ],
  [
    'a duplicate in MySQL',
    coded('Error', { code: 'ER_DUP_ENTRY', sqlState: '23000' }),
    database('Error', 'ER_DUP_ENTRY', false),
  ],
  [
    'a busy SQLite',
    coded('SqliteError', { code: 'SQLITE_BUSY' }),
    database('SqliteError', 'SQLITE_BUSY', true),
  ],
  [
    'a conflict in Prisma',
    coded('PrismaClientKnownRequestError', { code: 'P2034', clientVersion: '7' }),
    database('PrismaClientKnownRequestError', 'P2034', true),
  ],
  [
    'a constraint in Prisma',
    coded('PrismaClientKnownRequestError', { code: 'P2002', clientVersion: '7' }),
    database('PrismaClientKnownRequestError', 'P2002', false),
  ],
  [
    'a query that TypeORM wraps',
    coded('QueryFailedError', { driverError: coded('error', { code: '23505', severity: 'ERROR' }) }),
    database('QueryFailedError', '23505', false),
  ],
  [
    'MongoDB',
    coded('MongoServerError', { code: 11000, hasErrorLabel: () => false }),
    database('MongoServerError', '11000', false),
  ],
  [
    'a transient MongoDB error',
    coded('MongoServerError', {
      code: 112,
      hasErrorLabel: (label: string) => label === 'TransientTransactionError',
    }),
    database('MongoServerError', '112', true),
  ],
  ['a cause', wrapped(wrapped(coded('Error', { code: 'ECONNRESET' }))), category('Error', 'network', true)],
  [
    'a cause that somebody else would have expected',
    wrapped(new BadRequestException()),
    { type: 'Error', attributes: {} },
  ],
  ['a cause that is the error itself', cyclic, { type: 'OrderError', attributes: {} }],
  [
    'several of one kind',
    new AggregateError([coded('Error', { code: 'ECONNREFUSED' }), coded('Error', { code: 'ECONNRESET' })]),
    category('AggregateError', 'network', true),
  ],
  [
    'several of different kinds',
    new AggregateError([coded('Error', { code: 'ECONNREFUSED' }), new ZodError('x')]),
    { type: 'AggregateError', attributes: {} },
  ],
  ['none of several', new AggregateError([]), { type: 'AggregateError', attributes: {} }],
  ['a text', 'plain', { type: 'string', attributes: {} }],
  ['nothing', undefined, { type: 'undefined', attributes: {} }],
  ['null', null, { type: 'object', attributes: {} }],
  ['an object', { message: 'x' }, { type: 'Error', attributes: {} }],
])('classifies %s', (_name, error, expected) => {
  expect(classifyError(error)).toEqual(expected);
});

describe('errors that fight back', () => {
  it.each<[string, object]>([
    [
      'getters that throw',
      Object.create(
        {},
        {
          code: {
            get: () => {
              throw new Error('no');
            },
          },
          name: {
            get: () => {
              throw new Error('no');
            },
          },
        },
      ),
    ],
    [
      'a getStatus that throws',
      {
        getStatus: () => {
          throw new Error('no');
        },
      },
    ],
    [
      'a proxy',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
        },
      ),
    ],
  ])('%s', (_name, error) => {
    expect(() => classifyError(error)).not.toThrow();
  });
});
