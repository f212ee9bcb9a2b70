import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '../../sdk/readable-span.js';

/** A span with its children, in the order of their start. */
export interface ForestNode {
  readonly span: ReadableSpan;
  readonly children: readonly ForestNode[];
}

/**
 * Arranges the spans of one trace as trees. A span whose parent is missing becomes a root.
 *
 * @param spans - each span id at most once, in any order
 */
export function spanForest(spans: Iterable<ReadableSpan>): ForestNode[] {
  const nodes = new Map<string, ForestNode & { children: ForestNode[] }>();
  for (const span of spans) nodes.set(span.spanContext().spanId, { span, children: [] });
  const roots: ForestNode[] = [];
  for (const node of nodes.values()) {
    const parent = parentOf(nodes, node);
    if (parent === undefined) roots.push(node);
    else parent.children.push(node);
  }
  for (const { children } of nodes.values()) children.sort(byStart);
  return roots.sort(byStart);
}

function parentOf<T extends ForestNode>(nodes: ReadonlyMap<string, T>, node: T): T | undefined {
  const parent = nodes.get(node.span.parentSpanContext?.spanId ?? '');
  // A custom generator may repeat ids; a circle would never be printed.
  const seen = new Set<T>([node]);
  for (let above = parent; above !== undefined;) {
    if (seen.has(above)) return undefined;
    seen.add(above);
    above = nodes.get(above.span.parentSpanContext?.spanId ?? '');
  }
  return parent;
}

function byStart(a: ForestNode, b: ForestNode): number {
  return a.span.startTime[0] - b.span.startTime[0] || a.span.startTime[1] - b.span.startTime[1];
}

/** Converts a time or duration to milliseconds; exact to a microsecond for times of this century. */
export function toMillis([seconds, nanos]: HrTime): number {
  return seconds * 1e3 + nanos / 1e6;
}
