import { resourceService, type StoredLog, type StoredSpan } from '../store/stored-span.js';

/** A row of the waterfall: a span, several equal spans folded into one, or an event or log of a span. */
export type Row = SpanRow | FoldRow | NoteRow;

interface Placed {
  readonly key: string;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
}

export interface SpanRow extends Placed {
  readonly type: 'span';
  readonly span: StoredSpan;
  /** The service, if it differs from that of the trace's first span. */
  readonly service: string | undefined;
  readonly children: number;
  readonly expanded: boolean;
  /** The time in which no child was running, in milliseconds. */
  readonly selfMillis: number;
  readonly marks: readonly number[];
}

export interface FoldRow extends Placed {
  readonly type: 'fold';
  readonly name: string;
  readonly spans: readonly StoredSpan[];
  readonly totalMillis: number;
  readonly expanded: boolean;
}

export interface NoteRow extends Placed {
  readonly type: 'note';
  readonly spanId: string;
  readonly label: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The least number of equal siblings that are folded. */
const FOLD_FROM = 5;

interface Node {
  readonly span: StoredSpan;
  readonly children: Node[];
}

/**
 * Returns the rows of a trace, from top to bottom.
 *
 * @param toggled - keys of rows whose initial state the user changed: collapsed spans, opened folds
 * @param notes - whether every event gets a row; errors and logs always do
 */
export function rowsOf(
  spans: readonly StoredSpan[],
  logs: readonly StoredLog[],
  toggled: ReadonlySet<string>,
  notes: boolean,
): Row[] {
  const now = Math.max(...spans.map(({ start, end = 0 }) => Math.max(start, end)), 0);
  const rows: Row[] = [];
  const roots = treeOf(spans);
  const home = roots[0] && resourceService(roots[0].span.resource);
  const logsBySpan = Map.groupBy(logs, ({ spanId = '' }) => spanId);

  const addSpan = (node: Node, depth: number): void => {
    const { span, children } = node;
    const end = span.end ?? now;
    const expanded = !toggled.has(span.spanId);
    const own = notesOf(span, logsBySpan.get(span.spanId) ?? [], depth + 1, notes);
    rows.push({
      type: 'span',
      key: span.spanId,
      depth,
      start: span.start,
      end,
      failed: span.status.code === 2,
      span,
      service: resourceService(span.resource) === home ? undefined : resourceService(span.resource),
      children: children.length + own.length,
      expanded,
      selfMillis: selfMillis(node, end),
      marks: span.events.map(({ time }) => time),
    });
    if (!expanded) return;
    rows.push(...own);
    addChildren(children, depth + 1, span.spanId);
  };

  const addChildren = (children: readonly Node[], depth: number, parent: string): void => {
    const alike = Map.groupBy(children, likeness);
    const done = new Set<string>();
    for (const child of children) {
      const like = likeness(child);
      const group = alike.get(like) ?? [];
      if (group.length < FOLD_FROM) addSpan(child, depth);
      else if (!done.has(like)) {
        done.add(like);
        addFold(group, depth, `${parent}:${like}`);
      }
    }
  };

  const addFold = (group: readonly Node[], depth: number, key: string): void => {
    const folded = group.map(({ span }) => span);
    const expanded = toggled.has(key);
    rows.push({
      type: 'fold',
      key,
      depth,
      name: folded[0]?.name ?? '',
      spans: folded,
      start: Math.min(...folded.map(({ start }) => start)),
      end: Math.max(...folded.map(({ end = now }) => end)),
      totalMillis: folded.reduce((sum, { start, end = now }) => sum + end - start, 0),
      failed: false,
      expanded,
    });
    if (expanded) for (const child of group) addSpan(child, depth + 1);
  };

  for (const root of roots) addSpan(root, 0);
  return rows;
}

/** Arranges spans as a tree; a span whose parent is missing becomes a root. */
function treeOf(spans: readonly StoredSpan[]): Node[] {
  const nodes = new Map(spans.map((span) => [span.spanId, { span, children: [] as Node[] }]));
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const parent = node.span.parentSpanId === undefined ? undefined : nodes.get(node.span.parentSpanId);
    if (parent === undefined || parent === node) roots.push(node);
    else parent.children.push(node);
  }
  const byStart = (a: Node, b: Node): number => a.span.start - b.span.start;
  for (const { children } of nodes.values()) children.sort(byStart);
  return roots.sort(byStart);
}

/**
 * Returns a key that is equal for spans that may be folded. Failed spans and spans with children are
 * unique.
 */
function likeness({ span, children }: Node): string {
  return span.status.code === 2 || children.length > 0 ? span.spanId : `${span.kind} ${span.name}`;
}

function selfMillis({ span, children }: Node, end: number): number {
  let covered = 0;
  let until = span.start;
  for (const { span: child } of children) {
    const from = Math.max(child.start, until);
    const to = Math.min(child.end ?? end, end);
    if (to > from) covered += to - from;
    until = Math.max(until, to);
  }
  return Math.max(0, end - span.start - covered);
}

function notesOf(span: StoredSpan, logs: readonly StoredLog[], depth: number, all: boolean): NoteRow[] {
  const events = span.events
    .filter(({ name }) => all || name === 'exception')
    .map(({ name, time, attributes }, index): NoteRow => ({
      ...placed(`${span.spanId}/event/${index}`, depth, time, name === 'exception'),
      spanId: span.spanId,
      label: eventLabel(name, attributes),
      attributes,
    }));
  const lines = logs.map(({ body, severity, time, attributes }, index): NoteRow => ({
    ...placed(`${span.spanId}/log/${index}`, depth, time, /^(ERROR|FATAL)/i.test(severity)),
    spanId: span.spanId,
    label: `${severity} ${body}`,
    attributes,
  }));
  return [...events, ...lines].sort((a, b) => a.start - b.start);
}

function placed(
  key: string,
  depth: number,
  time: number,
  failed: boolean,
): Placed & { readonly type: 'note' } {
  return { type: 'note', key, depth, start: time, end: time, failed };
}

function eventLabel(name: string, attributes: Readonly<Record<string, unknown>>): string {
  if (name !== 'exception') return name;
  return [attributes['exception.type'], attributes['exception.message']].filter(Boolean).join(': ') || name;
}
