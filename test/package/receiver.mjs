/* One OTLP/HTTP receiver for all cells: a cell is told apart by the first part of the path. */
import { createServer } from 'node:http';

export async function startReceiver() {
  const exports = new Map();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const cell = request.url.split('/')[1];
    // Metrics go to the same receiver, beside the spans.
    const { resourceSpans = [] } = JSON.parse(body);
    const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    exports.set(cell, [...(exports.get(cell) ?? []), ...spans]);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    urlFor: (cell) => `http://127.0.0.1:${server.address().port}/${cell}/v1/traces`,
    spansOf: (cell) => exports.get(cell) ?? [],
    close: () => server.close(),
  };
}

/** A server span without parent, and below it, in the same trace, the span of the service. */
export function checkSpans(spans) {
  const fail = (why) => {
    throw new Error(`${why}\nThe receiver got:\n${JSON.stringify(spans, null, 1)}`);
  };
  const only = (name) => {
    const found = spans.filter((span) => span.name === name);
    return found.length === 1 ? found[0] : fail(`Expected one span "${name}", got ${found.length}.`);
  };
  const server = only('GET /hello/:id');
  const work = only('work');
  if (server.parentSpanId)
    fail(`Expected the server span to be a root, got the parent ${server.parentSpanId}.`);
  if (work.traceId !== server.traceId) fail(`Expected one trace, got ${work.traceId} and ${server.traceId}.`);
  if (work.parentSpanId !== server.spanId)
    fail(`Expected "work" below the server span, got ${work.parentSpanId}.`);
}

/** Outgoing calls below the span that makes them, each once, in the order of their start. */
export function checkCalls(spans) {
  const expected = ['GET', 'GET', 'SET', 'SELECT orders'];
  const parent = spans.find(({ name }) => name === 'calls');
  const below = spans
    .filter(({ parentSpanId }) => parent !== undefined && parentSpanId === parent.spanId)
    .sort((one, other) => (BigInt(one.startTimeUnixNano) < BigInt(other.startTimeUnixNano) ? -1 : 1));
  const names = below.map(({ name }) => name);
  if (String(names) !== String(expected)) throw new Error(`Expected the calls ${expected}, got ${names}.`);
}
