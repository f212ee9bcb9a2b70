import { once } from 'node:events';
import { createServer } from 'node:http';

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const CODES = ['UNSET', 'OK', 'ERROR'];

/** Enumerations are numbers or names in the JSON of protobuf. */
function nameOf(value, names, prefix) {
  if (typeof value === 'string' && !/^\d+$/.test(value)) return value.replace(prefix, '');
  return names[Number(value ?? 0)];
}

function valueOf(value) {
  const [[type, inner]] = Object.entries(value ?? {}).concat([['none', null]]);
  if (type === 'arrayValue') return (inner.values ?? []).map(valueOf);
  return type === 'intValue' ? Number(inner) : inner;
}

export function attributesOf(list = []) {
  return Object.fromEntries(list.map(({ key, value }) => [key, valueOf(value)]));
}

/** Ids are hexadecimal by the specification, base64 where a generic library wrote the JSON. */
function idOf(id, bytes) {
  if (id === undefined || id === '') return undefined;
  return id.length === bytes * 2 ? id.toLowerCase() : Buffer.from(id, 'base64').toString('hex');
}

/** Spans of OTLP in JSON, in the form that the console prints. */
export function spansOf({ resourceSpans = [] }) {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span) => ({
        traceId: idOf(span.traceId, 16),
        spanId: idOf(span.spanId, 8),
        parentSpanId: idOf(span.parentSpanId, 8),
        name: span.name,
        kind: nameOf(span.kind, KINDS, 'SPAN_KIND_'),
        status: {
          code: nameOf(span.status?.code, CODES, 'STATUS_CODE_'),
          ...(span.status?.message ? { message: span.status.message } : {}),
        },
        attributes: attributesOf(span.attributes),
        events: (span.events ?? []).map(({ name, attributes }) => ({
          name,
          attributes: attributesOf(attributes),
        })),
        links: (span.links ?? []).map((link) => ({
          traceId: idOf(link.traceId, 16),
          spanId: idOf(link.spanId, 8),
          attributes: attributesOf(link.attributes),
        })),
        resource: attributesOf(resource?.attributes),
        scope: { name: scope?.name, ...(scope?.version ? { version: scope.version } : {}) },
      })),
    ),
  );
}

/** Takes OTLP over HTTP in JSON. @param take - is given the path and each message; what it throws is a status of 400 */
export async function receiveJson(take) {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      try {
        take(request.url, JSON.parse(Buffer.concat(chunks).toString()));
      } catch {
        response.statusCode = 400;
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
