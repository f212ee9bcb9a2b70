/** The parts used of the transport strategy of `@rekog/mcp-nest`, which makes MCP servers of its own. */
export interface McpStrategy {
  readonly options: { readonly transports: readonly unknown[]; serverMutator?: (server: object) => object };
}

/** Whether it is a strategy of `@rekog/mcp-nest`. */
export function isMcpStrategy(value: object): value is McpStrategy {
  const { options, addHandler } = value as { options?: unknown; addHandler?: unknown };
  const { transports } = Object(options) as { transports?: unknown };
  return typeof addHandler === 'function' && Array.isArray(transports);
}
