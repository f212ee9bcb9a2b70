import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule } from '@nestjs/graphql';
import type { SpanNode } from '../../../src/testing/index.js';
import { startApp, type TestApp, type TestAppOptions } from '../../support/test-app.js';

/** An answer as GraphQL gives it. */
export interface Answer {
  readonly status: number;
  readonly data?: any;
  readonly errors?: readonly { message: string; extensions: { code: string } }[];
}

/** A test's app with an Apollo server, whose schema comes from the resolvers among its providers. */
export function startGraphql(
  options: TestAppOptions & { readonly graphql?: ApolloDriverConfig },
): Promise<TestApp> {
  const { graphql, imports = [], ...rest } = options;
  const module = GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    ...graphql,
  });
  return startApp({ ...rest, imports: [module, ...imports] });
}

/** Sends one operation over HTTP. */
export async function ask(
  app: TestApp,
  query: string,
  headers: Readonly<Record<string, string>> = {},
  path = '/graphql',
): Promise<Answer> {
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

/** A tree with names of siblings in alphabetical order, for those that run at the same time. */
export function sorted(nodes: readonly SpanNode[]): SpanNode[] {
  return nodes
    .map(({ name, children }) => ({ name, children: sorted(children) }))
    .sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}
