import type { InstrumentationScope } from '../../sdk/instrumentation-scope.js';
import type { Resource } from '../../sdk/resource.js';
import type { EncodedPart } from './encoded-segment.js';

/** The parts of one instrumentation scope. */
export interface ScopeGroup {
  readonly scope: InstrumentationScope;
  readonly parts: EncodedPart[];
}

/** The parts of one resource, in OTLP's nesting. */
export interface ResourceGroup {
  readonly resource: Resource;
  readonly scopes: Iterable<ScopeGroup>;
}

export function* groupParts(parts: readonly EncodedPart[]): Generator<ResourceGroup> {
  const byResource = new Map<Resource, Map<string, ScopeGroup>>();
  for (const part of parts) {
    let byScope = byResource.get(part.resource);
    if (byScope === undefined) {
      byScope = new Map<string, ScopeGroup>();
      byResource.set(part.resource, byScope);
    }
    const { scope } = part;
    const key = `${scope.name}\n${scope.version ?? ''}\n${scope.schemaUrl ?? ''}`;
    const group = byScope.get(key);
    if (group === undefined) byScope.set(key, { scope, parts: [part] });
    else group.parts.push(part);
  }
  for (const [resource, byScope] of byResource) yield { resource, scopes: byScope.values() };
}
