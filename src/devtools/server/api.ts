import type { IncomingMessage, ServerResponse } from 'node:http';
import { TelemetryError } from '../../errors.js';
import type { ControlRequest, DevtoolsSource } from '../devtools-source.js';
import { readLogs, readSpans } from '../receive/otlp-request.js';
import type { Recorder } from '../recorder.js';
import { errorList } from '../store/error-list.js';
import { otlpRequest } from '../store/otlp-trace.js';
import { routeStatistics } from '../store/route-statistics.js';
import type { StoredTrace } from '../store/stored-trace.js';
import { forAgent, type TraceDetails } from '../store/trace-text.js';
import { parseTraceFilter } from '../store/trace-filter.js';
import { answer, answerJson, HttpError, readJson } from './answer.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
const MAX_CONTROL_BYTES = 64 * 1024;
const MAX_IMPORT_BYTES = 32 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;
type Handler = (recorder: Recorder, url: URL, request: IncomingMessage) => unknown;

const ROUTES: Readonly<Record<string, Handler>> = {
  'GET /api/traces': (recorder, { searchParams }) => listTraces(recorder, searchParams),
  'DELETE /api/traces': (recorder) => {
    recorder.clear();
    return { cleared: true };
  },
  'GET /api/errors': (recorder) => ({ errors: errorList(recorder.traces()) }),
  'GET /api/routes': (recorder) => ({ routes: routeStatistics(recorder.traces()) }),
  'GET /api/metrics': (recorder) => ({ series: recorder.metrics.all() }),
  'GET /api/status': (recorder) => statusOf(recorder),
  'POST /api/import': async (recorder, _url, request) => {
    const body = await readJson(request, MAX_IMPORT_BYTES);
    const spans = readSpans(body);
    const logs = readLogs(body);
    if (spans.length + logs.length === 0) {
      throw new HttpError(400, 'There is no span in it: expected OTLP JSON, `{ "resourceSpans": […] }`.');
    }
    for (const span of spans) recorder.store.add(span);
    for (const log of logs) recorder.store.log(log);
    return { spans: spans.length, logs: logs.length };
  },
  'POST /api/control': async (recorder, _url, request) => {
    const body = await readJson(request, MAX_CONTROL_BYTES);
    return control(recorder, sourceOf(recorder, body['source']), body);
  },
};

const ONE_TRACE = /^\/api\/traces\/([0-9a-f]{32})(\/otlp|\/text)?$/i;

/** Responds to requests below `/api/`. @throws HttpError */
export async function answerApi(
  recorder: Recorder,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = url;
  const method = request.method ?? 'GET';
  const one = ONE_TRACE.exec(pathname);
  if (one !== null && method === 'GET') {
    const trace = traceOf(recorder, (one[1] as string).toLowerCase());
    if (one[2] === '/text') answer(response, 200, 'text/plain; charset=utf-8', forAgent(traceDetails(trace)));
    else if (one[2] === '/otlp') answerJson(response, otlpRequest([...trace.spans.values()]));
    else answerJson(response, traceDetails(trace));
    return;
  }
  const handler = ROUTES[`${method} ${pathname}`];
  if (handler !== undefined) {
    answerJson(response, await handler(recorder, url, request));
    return;
  }
  const known = one !== null || Object.keys(ROUTES).some((route) => route.endsWith(` ${pathname}`));
  throw known
    ? new HttpError(405, `${pathname} takes no ${method}.`)
    : new HttpError(404, 'There is nothing here.');
}

function listTraces(recorder: Recorder, query: URLSearchParams): object {
  const matches = parseTraceFilter(query.get('filter') ?? '');
  const asked = Number(query.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(asked) || asked < 1) throw new HttpError(400, '`limit` is a positive integer.');
  const found = recorder.traces().filter(matches);
  return {
    total: found.length,
    traces: found.slice(0, Math.min(asked, MAX_LIMIT)).map((trace) => trace.summary()),
  };
}

function traceOf(recorder: Recorder, traceId: string): StoredTrace {
  recorder.refresh();
  const trace = recorder.store.get(traceId);
  if (trace === undefined)
    throw new HttpError(404, 'This trace is not here: it was never seen, or has left.');
  return trace;
}

/** Returns a trace in the form for the page, with its spans by start. */
function traceDetails(trace: StoredTrace): TraceDetails {
  const spans = [...trace.spans.values()].sort((a, b) => a.start - b.start);
  return { ...trace.summary(), spans, logs: trace.logs };
}

function statusOf(recorder: Recorder): object {
  return {
    store: recorder.store.status(),
    sources: recorder.sources.map((source) => ({
      name: source.name,
      status: source.status(),
      config: source.config(),
      modules: source.modules(),
    })),
  };
}

function sourceOf(recorder: Recorder, name: unknown): DevtoolsSource {
  const { sources } = recorder;
  const source =
    name === undefined && sources.length === 1 ? sources[0] : sources.find((each) => each.name === name);
  if (source !== undefined) return source;
  const known = sources.map((each) => each.name).join(', ');
  throw new HttpError(
    400,
    `Expected \`source\` to be one of: ${known || '(no instance runs in this process)'}.`,
  );
}

async function control(recorder: Recorder, source: DevtoolsSource, body: Json): Promise<object> {
  try {
    return await source.control(body['action'] === 'export' ? exportOf(recorder, body) : controlOf(body));
  } catch (error) {
    if (!(error instanceof TelemetryError)) throw error;
    throw new HttpError(400, error.message, { code: error.code });
  }
}

/**
 * Reads a request to export a stored trace.
 *
 * @throws HttpError 404 if the trace does not exist, 400 if the exporter is not an object
 */
function exportOf(recorder: Recorder, { traceId, exporter }: Json): ControlRequest {
  const spans = [...traceOf(recorder, typeof traceId === 'string' ? traceId : '').spans.values()];
  if (exporter === undefined) return { action: 'export', spans };
  if (typeof exporter !== 'object' || exporter === null) {
    throw new HttpError(
      400,
      "Expected `exporter` to be a configuration, such as `{ type: 'otlp-http', url }`.",
    );
  }
  return { action: 'export', spans, exporter };
}

/** Reads a control request; the change itself is validated when it is applied. @throws HttpError 400 */
function controlOf({ action, change, forMillis, tenant, on }: Json): ControlRequest {
  if (action === 'flush' || action === 'verify') return { action };
  if (action === 'exporter') {
    if (typeof on !== 'boolean') throw new HttpError(400, 'Expected `on` to be true or false.');
    return { action, on };
  }
  if (action !== 'reconfigure' && action !== 'override') {
    throw new HttpError(
      400,
      'Expected `action` to be `reconfigure`, `override`, `exporter`, `export`, `flush` or `verify`.',
    );
  }
  if (typeof change !== 'object' || change === null || Array.isArray(change)) {
    throw new HttpError(400, 'Expected `change` to be a partial configuration.');
  }
  const partial = change as Json;
  if (action === 'reconfigure') return { action, change: partial };
  if (typeof forMillis !== 'number') throw new HttpError(400, 'Expected `forMillis` to be a number.');
  if (tenant === undefined) return { action, change: partial, forMillis };
  if (typeof tenant !== 'string') throw new HttpError(400, 'Expected `tenant` to be text.');
  return { action, change: partial, forMillis, tenant };
}
