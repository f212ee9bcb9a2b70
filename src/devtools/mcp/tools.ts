import type { ErrorEntry } from '../store/error-list.js';
import { duration } from '../../base/duration.js';
import type { RouteStatistics } from '../store/route-statistics.js';
import type { TraceSummary } from '../store/stored-trace.js';
import type { DevtoolsClient } from './devtools-client.js';

/** A read-only tool for agents. */
export interface Tool {
  readonly description: string;
  readonly inputSchema: object;
  /** Answers a call of the tool. @returns a text that is short enough for a model's context */
  readonly run: (client: DevtoolsClient, input: Readonly<Record<string, unknown>>) => Promise<string>;
}

const MAX_CHARACTERS = 12_000;
const MAX_LINES = 50;

const filterProperty = {
  type: 'string',
  description:
    'All words must match: route:/orders status:error status:404 >200ms user.id=ada service:x any text',
};

/** The tools of the MCP server, by name. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  list_traces: {
    description: 'Newest traces of the running Nest app, one a line: id, name, duration, status, spans.',
    inputSchema: {
      type: 'object',
      properties: { filter: filterProperty, limit: { type: 'integer', minimum: 1, maximum: MAX_LINES } },
    },
    run: async (client, { filter, limit }) => {
      const query = new URLSearchParams({ limit: String(numberOf(limit, 20)), filter: textOf(filter) });
      const { traces, total } = await client.json<{ traces: TraceSummary[]; total: number }>(
        `/api/traces?${query.toString()}`,
      );
      return [`${total} traces match`, ...traces.map(traceLine)].join('\n');
    },
  },
  get_trace: {
    description: 'One trace as an indented tree of spans with durations, attributes and stack traces.',
    inputSchema: {
      type: 'object',
      properties: { traceId: { type: 'string', description: '32 hexadecimal digits' } },
      required: ['traceId'],
    },
    run: (client, { traceId }) => client.text(`/api/traces/${encodeURIComponent(textOf(traceId))}/text`),
  },
  list_errors: {
    description:
      'Causes of failures, newest first, equal ones counted in one: type, message, source line, a trace id.',
    inputSchema: { type: 'object', properties: {} },
    run: async (client) => {
      const { errors } = await client.json<{ errors: ErrorEntry[] }>('/api/errors');
      return errors.length === 0
        ? 'Nothing has failed.'
        : errors.slice(0, MAX_LINES).map(errorLine).join('\n');
    },
  },
  list_routes: {
    description:
      'Requests, messages and jobs by name, slowest (p95) first: count, errors, p50, p95, slowest trace.',
    inputSchema: { type: 'object', properties: {} },
    run: async (client) => {
      const { routes } = await client.json<{ routes: RouteStatistics[] }>('/api/routes');
      return routes.length === 0
        ? 'No request has ended yet.'
        : routes.slice(0, MAX_LINES).map(routeLine).join('\n');
    },
  },
  get_status: {
    description:
      'State of each telemetry instance: configuration, exporters, spans delivered, dropped and queued.',
    inputSchema: { type: 'object', properties: {} },
    run: async (client) => JSON.stringify(await client.json<object>('/api/status'), undefined, 1),
  },
};

/** Cuts a text, so that no answer fills a context window. */
export function cutText(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  const more = text.length - MAX_CHARACTERS;
  return `${text.slice(0, MAX_CHARACTERS)}\n… cut, ${more} characters more; ask for less`;
}

function traceLine(trace: TraceSummary): string {
  const { traceId, name, durationMillis, status, statusCode, spanCount, services } = trace;
  const code = statusCode === undefined ? '' : ` ${statusCode}`;
  const outcome = `${duration(durationMillis)} ${status}${code}`;
  return `${traceId} ${name} ${outcome} ${spanCount} spans ${services.join('+')}`;
}

function errorLine({ type, message, source, span, trace, count, traceId }: ErrorEntry): string {
  const where = source === undefined ? '' : `\n  at ${source}`;
  const what = `${type ?? 'Error'}: ${message ?? ''} (×${count})`;
  return `${what}\n  in ${span} of ${trace}, trace ${traceId}${where}`;
}

function routeLine(route: RouteStatistics): string {
  const { name, service, count, errors, p50Millis, p95Millis, slowestTraceId } = route;
  const times = `p50 ${duration(p50Millis)} p95 ${duration(p95Millis)}`;
  return `${name} (${service}): ${count} times, ${errors} errors, ${times}, slowest trace ${slowestTraceId}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' && value >= 1 ? Math.min(MAX_LINES, Math.floor(value)) : fallback;
}
