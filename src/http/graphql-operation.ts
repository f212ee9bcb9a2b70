import type { Attributes } from '@opentelemetry/api';
import { ask } from '../base/user-function.js';

/**
 * The operation of a GraphQL request.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/ | GraphQL}
 */
export interface GraphqlOperation {
  /** The type: `query`, `mutation` or `subscription`. */
  readonly type: string;
  /** The client's name for the operation. */
  readonly name: string | undefined;
}

/** The members of a resolver's fourth argument that the library reads. */
interface GraphqlInfo {
  readonly operation?: { readonly operation?: unknown; readonly name?: { readonly value?: unknown } };
}

/** Returns the operation that a resolver belongs to. @param info - the fourth argument of a resolver */
export function graphqlOperation(info: unknown): GraphqlOperation | undefined {
  const { operation } = Object(info) as GraphqlInfo;
  const type = operation?.operation;
  const name = operation?.name?.value;
  if (typeof type !== 'string') return undefined;
  return { type, name: typeof name === 'string' ? name : undefined };
}

export function operationAttributes({ type, name }: GraphqlOperation): Attributes {
  return {
    'graphql.operation.type': type,
    ...(name === undefined ? {} : { 'graphql.operation.name': name }),
  };
}

/** The GraphQL codes that Nest and Apollo use for the statuses of `HttpException`. */
const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_USER_INPUT',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
};

/** Returns the code of an error in the response. */
export function graphqlErrorCode(error: unknown): string {
  return ask(
    () => codeOf(error),
    (code) => (typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR'),
    () => 'INTERNAL_SERVER_ERROR',
  );
}

function codeOf(error: unknown): unknown {
  const { extensions, getStatus } = Object(error) as {
    extensions?: { readonly code?: unknown };
    getStatus?: unknown;
  };
  const status: unknown = typeof getStatus === 'function' ? getStatus.call(error) : undefined;
  return extensions?.code ?? CODES[Number(status)];
}
