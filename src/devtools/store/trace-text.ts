import type { StoredLog, StoredSpan } from './stored-span.js';
import type { TraceSummary } from './stored-trace.js';
import { duration } from '../../base/duration.js';
import { text } from './format.js';

/** A trace with its spans, by start. */
export interface TraceDetails extends TraceSummary {
  readonly spans: readonly StoredSpan[];
  readonly logs: readonly StoredLog[];
}

const MAX_SPANS = 200;
const HIDDEN = /^(network\.|client\.|server\.|url\.scheme|user_agent)/;

/**
 * Formats a trace as indented text for a model's context: names, durations, errors and important
 * attributes.
 */
export function forAgent(trace: TraceDetails): string {
  const byParent = new Map<string, StoredSpan[]>();
  for (const span of trace.spans) {
    const { parentSpanId = '' } = span;
    const siblings = byParent.get(parentSpanId);
    if (siblings === undefined) byParent.set(parentSpanId, [span]);
    else siblings.push(span);
  }
  const known = new Set(trace.spans.map(({ spanId }) => spanId));
  const lines = [`trace ${trace.traceId}: ${trace.name}, ${duration(trace.durationMillis)}, ${trace.status}`];
  const add = (span: StoredSpan, depth: number): void => {
    if (lines.length > MAX_SPANS) return;
    const indent = '  '.repeat(depth);
    lines.push(
      `${indent}- ${span.name} (${duration((span.end ?? span.start) - span.start)})${attributesOf(span)}`,
    );
    for (const { name, attributes } of span.events) {
      if (name !== 'exception') continue;
      lines.push(
        `${indent}  ! ${text(attributes['exception.stacktrace'] ?? attributes['exception.message'] ?? name)}`,
      );
    }
    for (const child of byParent.get(span.spanId) ?? []) add(child, depth + 1);
  };
  for (const span of trace.spans) {
    if (span.parentSpanId === undefined || !known.has(span.parentSpanId)) add(span, 0);
  }
  if (lines.length > MAX_SPANS) lines.push(`… ${trace.spans.length} spans in all`);
  return lines.join('\n');
}

function attributesOf({ attributes }: StoredSpan): string {
  const shown = Object.entries(attributes).filter(([key]) => !HIDDEN.test(key));
  return shown.length === 0 ? '' : ` ${shown.map(([key, value]) => `${key}=${text(value)}`).join(' ')}`;
}

/**
 * Returns a curl command that repeats the request of a server or client span, without secrets, which are
 * not stored; `undefined` for other spans.
 */
export function asCurl({ kind, attributes }: StoredSpan): string | undefined {
  const method = attributes['http.request.method'];
  if (typeof method !== 'string') return undefined;
  const full = attributes['url.full'];
  const {
    'server.address': host = 'localhost',
    'server.port': port,
    'url.scheme': scheme = 'http',
  } = attributes;
  const query = attributes['url.query'] ? `?${text(attributes['url.query'])}` : '';
  const path = `${text(attributes['url.path'] ?? '/')}${query}`;
  const url =
    typeof full === 'string'
      ? full
      : kind === 1
        ? `${text(scheme)}://${text(host)}${port === undefined ? '' : `:${text(port)}`}${path}`
        : undefined;
  if (url === undefined) return undefined;
  return `curl -X ${method} '${url.replaceAll("'", "'\\''")}'`;
}
