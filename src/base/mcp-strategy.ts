/**
 * The members that this library uses of a transport strategy of `@rekog/mcp-nest`, which creates its own
 * MCP servers.
 */
export interface McpStrategy {
  readonly options: { readonly transports: readonly unknown[]; serverMutator?: (server: object) => object };
}

/** Whether an object is a transport strategy of `@rekog/mcp-nest`. */
export function isMcpStrategy(value: object): value is McpStrategy {
  const { options, addHandler } = value as { options?: unknown; addHandler?: unknown };
  const { transports } = Object(options) as { transports?: unknown };
  return typeof addHandler === 'function' && Array.isArray(transports);
}
