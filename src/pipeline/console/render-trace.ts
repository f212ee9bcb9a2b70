import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '../../sdk/readable-span.js';
import { duration } from '../../base/duration.js';
import { spanDetails } from './span-details.js';
import { spanForest, toMillis, type ForestNode } from './span-forest.js';
import { cut, printable, type Paint, type Style } from './text-style.js';

/** Options for printing a tree. */
export interface TraceLook {
  readonly paint: Paint;
  /** The width of a line, in characters. */
  readonly columns: number;
  /** The end of the head line, after the trace id, such as `after GET /orders`. */
  readonly caption?: string;
}

/** The least number of equal leaf siblings that are folded into one line. */
const FOLD_FROM = 5;
/** Attributes that name the other side of a call. */
const TARGET = ['db.system.name', 'server.address', 'server.port'];
const DURATION_WIDTH = 8;
const BAR_WIDTH = 16;
/** The least columns for a span's name under deep nesting. */
const NAME_ROOM = 24;
const MIN_GUIDE = 4;
const DETAIL_ROOM = 40;
const GAP = '  ';

/** The text after the name of a span, by its kind. */
export const KINDS: Readonly<Partial<Record<SpanKind, string>>> = {
  [SpanKind.SERVER]: ' [server]',
  [SpanKind.CLIENT]: ' [client]',
  [SpanKind.PRODUCER]: ' [producer]',
  [SpanKind.CONSUMER]: ' [consumer]',
};

/** One line of the tree, with the lines below it. */
interface Row {
  readonly guide: string;
  readonly below: string;
  readonly spans: readonly ReadableSpan[];
  readonly parent: ReadableSpan | undefined;
  /** The service, if it differs from the parent's. */
  readonly service: string | undefined;
}

/**
 * Prints the spans of one trace as a tree with a time bar, for a terminal.
 *
 * @param spans - at least one span; each span id once. Spans whose parent is missing become roots
 * @returns lines, the last one empty
 */
export function renderTrace(spans: readonly ReadableSpan[], look: TraceLook): string {
  const { paint, columns } = look;
  const forest = spanForest(spans);
  const first = (forest[0] as ForestNode).span;
  const rows: Row[] = [];
  for (const node of forest) addRows(rows, [node], '', '', undefined, serviceOf(first));

  const starts = spans.map(({ startTime }) => toMillis(startTime));
  const from = starts.reduce((a, b) => Math.min(a, b));
  const until = spans.reduce((end, span) => Math.max(end, toMillis(span.endTime)), from);
  const widest = rows.reduce((width, row) => Math.max(width, [...label(row)].length), 0);
  const bars = spans.length > 1 && until > from;
  const taken = DURATION_WIDTH + GAP.length + (bars ? BAR_WIDTH + GAP.length : 0) + GAP.length + 3;
  const width = Math.min(widest, columns - taken);

  const lines = [head(first, look)];
  for (const row of rows) {
    const bar = bars ? GAP + timeBar(row, from, until - from, paint) : '';
    const end = outcome(row.spans[0] as ReadableSpan, paint);
    lines.push(`${name(row, width, paint)}${GAP}${took(row, paint)}${bar}${end}`.trimEnd());
    const [span] = row.spans;
    if (span === undefined || row.spans.length > 1) continue;
    const below = shortened(row.below, columns - DETAIL_ROOM);
    for (const detail of spanDetails(span, row.parent, columns - below.length, paint)) {
      lines.push(`${paint('dim', below)}${detail}`);
    }
  }
  return `${lines.join('\n')}\n\n`;
}

function addRows(
  rows: Row[],
  [node, ...twins]: readonly [ForestNode, ...ForestNode[]],
  guide: string,
  indent: string,
  parent: ReadableSpan | undefined,
  above: string,
): void {
  const own = serviceOf(node.span);
  const groups = fold(node.children);
  rows.push({
    guide,
    below: indent + (groups.length > 0 ? '│  ' : '   '),
    spans: [node.span, ...twins.map(({ span }) => span)],
    parent,
    service: own === above ? undefined : own,
  });
  groups.forEach((group, index) => {
    const last = index === groups.length - 1;
    const [branch, below] = last ? ['└─ ', '   '] : ['├─ ', '│  '];
    addRows(rows, group, indent + branch, indent + below, node.span, own);
  });
}

/** Groups equal neighbours; groups that are too small are split again. */
function fold(children: readonly ForestNode[]): [ForestNode, ...ForestNode[]][] {
  const groups: [ForestNode, ...ForestNode[]][] = [];
  for (const child of children) {
    const group = groups.at(-1);
    if (group !== undefined && foldable(group[0], child)) group.push(child);
    else groups.push([child]);
  }
  return groups.flatMap((group) =>
    group.length < FOLD_FROM ? group.map((child): [ForestNode] => [child]) : [group],
  );
}

function foldable(a: ForestNode, b: ForestNode): boolean {
  const plain = (node: ForestNode): boolean =>
    node.children.length === 0 &&
    node.span.status.code !== SpanStatusCode.ERROR &&
    node.span.events.length === 0;
  return (
    a.span.name === b.span.name &&
    a.span.kind === b.span.kind &&
    serviceOf(a.span) === serviceOf(b.span) &&
    TARGET.every((key) => a.span.attributes[key] === b.span.attributes[key]) &&
    plain(a) &&
    plain(b)
  );
}

function head(first: ReadableSpan, { paint, caption, columns }: TraceLook): string {
  const { traceId } = first.spanContext();
  const parent = first.parentSpanContext;
  const clock = new Date(toMillis(first.startTime)).toISOString().slice(11, 23);
  const remote = parent?.isRemote === true ? `continues ${parent.spanId}` : undefined;
  const rest = [`trace ${traceId}`, clock, caption ?? remote].filter((part) => part !== undefined).join(GAP);
  const service = printable(serviceOf(first));
  const dim = paint('dim', cut(rest, columns - service.length - 2));
  return `${paint('bold', paint('magenta', service))}${GAP}${dim}`;
}

function label({ guide, service, spans }: Row): string {
  const span = spans[0] as ReadableSpan;
  const times = spans.length > 1 ? ` ×${spans.length}` : '';
  const owner = service === undefined ? '' : `${printable(service)} › `;
  return `${guide}${owner}${printable(span.name)}${KINDS[span.kind] ?? ''}${times}`;
}

/** Shortens the name of a row first, since its kind and guide cannot be guessed. */
function name(row: Row, width: number, paint: Paint): string {
  const span = row.spans[0] as ReadableSpan;
  const service = row.service === undefined ? '' : `${cut(printable(row.service), 20)} › `;
  const suffix = KINDS[span.kind] ?? '';
  const times = row.spans.length > 1 ? ` ×${row.spans.length}` : '';
  const rest = [...`${service}${printable(span.name)}${suffix}${times}`].length;
  const guide = shortened(row.guide, Math.max(MIN_GUIDE, width - Math.min(NAME_ROOM, rest)));
  const room = width - guide.length - service.length - suffix.length - times.length;
  const text = cut(printable(span.name), Math.max(8, room));
  const length = [...`${guide}${service}${text}${suffix}${times}`].length;
  const painted = failed(span) ? paint('red', text) : row.guide === '' ? paint('bold', text) : text;
  return (
    paint('dim', guide) +
    (service === '' ? '' : paint('magenta', service)) +
    painted +
    paint('dim', suffix) +
    paint('yellow', times) +
    ' '.repeat(Math.max(0, width - length))
  );
}

/** Shortens the guide of a deep row at its start, so that the branch stays visible. */
function shortened(guide: string, width: number): string {
  return guide.length <= width ? guide : `…${guide.slice(guide.length - width + 1)}`;
}

function took({ spans }: Row, paint: Paint): string {
  const total = spans.reduce((sum, span) => sum + toMillis(span.duration), 0);
  return paint(failed(spans[0]) ? 'red' : 'bold', duration(total).padStart(DURATION_WIDTH));
}

function timeBar({ spans }: Row, from: number, total: number, paint: Paint): string {
  const scale = BAR_WIDTH / total;
  const start = Math.min(...spans.map((span) => toMillis(span.startTime))) - from;
  const end = Math.max(...spans.map((span) => toMillis(span.endTime))) - from;
  const left = Math.max(0, Math.min(BAR_WIDTH - 1, Math.floor(start * scale)));
  const length = Math.max(1, Math.min(BAR_WIDTH - left, Math.round((end - start) * scale)));
  const style: Style = failed(spans[0]) ? 'red' : 'cyan';
  return (
    paint('dim', '·'.repeat(left)) +
    paint(style, '━'.repeat(length)) +
    paint('dim', '·'.repeat(BAR_WIDTH - left - length))
  );
}

/** Returns the HTTP status, or the span's own outcome. */
export function outcome(span: ReadableSpan, paint: Paint): string {
  const status = span.attributes['http.response.status_code'];
  if (typeof status === 'number') {
    const style: Style = status >= 500 ? 'red' : status >= 400 ? 'yellow' : status >= 300 ? 'cyan' : 'green';
    return GAP + paint(style, String(status));
  }
  if (failed(span)) return GAP + paint('red', '✗');
  return span.status.code === SpanStatusCode.OK ? GAP + paint('green', '✓') : '';
}

export function failed(span: ReadableSpan | undefined): boolean {
  return span?.status.code === SpanStatusCode.ERROR;
}

export function serviceOf(span: ReadableSpan): string {
  const service = span.resource.attributes['service.name'];
  return typeof service === 'string' && service !== '' ? service : 'unknown_service';
}
