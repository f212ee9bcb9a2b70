import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Attributes } from '@opentelemetry/api';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { expect, it } from 'vitest';
import type { TracerConfig } from '../../../src/config/tracer-config.js';
import { Pipeline } from '../../../src/pipeline/pipeline.js';
import { TracerManager } from '../../../src/tracing/tracer-manager.js';
import { LogLines } from '../../live/new-manager.js';
import { decodeRequest, type DecodedRequest } from '../support/otlp-receiver.js';
import { ZipkinReceiver } from '../support/zipkin-receiver.js';

class Money {
  constructor(readonly cents: number) {}
}
const circular: Record<string, unknown> = { name: 'loop' };
circular['self'] = circular;
const deep = (levels: number): unknown => (levels === 0 ? 'end' : { in: deep(levels - 1) });

/** As an app with the types of API 1.10 may set them. */
const COMPLEX = {
  order: { id: 7, lines: [{ sku: 'tea', price: 2.5, gift: true }, null], none: undefined, nothing: null },
  mixed: [1, 'two', [3]],
  bytes: Uint8Array.of(1, 2, 255),
  buffer: Buffer.from('tea'),
  empty: {},
  plain: ['a', 'b'],
} as unknown as Attributes;

async function manager(config: TracerConfig): Promise<TracerManager> {
  const pipeline = new Pipeline({ instance: 'test', log: new LogLines(), env: {}, closeTimeoutMillis: 500 });
  const made = new TracerManager(pipeline);
  await made.configure({ service: { name: 'orders' }, batch: { scheduledDelayMillis: 10 }, ...config });
  return made;
}

async function onTheWire(
  type: 'otlp-http' | 'otlp-http-json',
  record: (tracing: TracerManager) => void,
  config: TracerConfig = {},
): Promise<any> {
  const requests: DecodedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const isJson = type === 'otlp-http-json';
      requests.push(isJson ? (JSON.parse(body.toString()) as DecodedRequest) : decodeRequest(body));
      response.end(isJson ? '{}' : '');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  const tracing = await manager({ ...config, exporter: { type, url } });
  record(tracing);
  await tracing.shutdown();
  await new Promise((resolve) => server.close(resolve));
  return requests[0]?.resourceSpans[0]?.scopeSpans[0]?.spans[0];
}

/** An `AnyValue` as the value that it stands for; bytes as `base64:…`. */
function read(value: any): unknown {
  if (value.kvlistValue) return fields(value.kvlistValue.values ?? []);
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(read);
  if (value.bytesValue !== undefined) return `base64:${String(value.bytesValue)}`;
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? null;
}

const fields = (list: any[]): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, read(value)]));

it.each(['otlp-http', 'otlp-http-json'] as const)('%s carries maps, arrays and bytes', async (type) => {
  const span = await onTheWire(type, (tracing) => {
    const made = tracing.startSpan('work', { attributes: COMPLEX });
    made.setAttribute('later', { circular, date: new Date(0), big: 2n, money: new Money(5) } as never);
    made.addEvent('packed', { box: { size: [1, 2] } } as unknown as Attributes);
    made.end();
  });
  expect({ attributes: fields(span.attributes), event: fields(span.events[0].attributes) }).toEqual({
    attributes: {
      order: { id: 7, lines: [{ sku: 'tea', price: 2.5, gift: true }, null], nothing: null },
      mixed: [1, 'two', [3]],
      bytes: 'base64:AQL/',
      buffer: 'base64:dGVh',
      empty: {},
      plain: ['a', 'b'],
      later: {
        circular: { name: 'loop', self: '[Circular]' },
        date: '1970-01-01T00:00:00.000Z',
        big: '2',
        money: '{"cents":5}',
      },
    },
    event: { box: { size: [1, 2] } },
  });
});

it('keeps eight levels, and the rest as text', async () => {
  const span = await onTheWire('otlp-http', (tracing) => {
    tracing.startSpan('work', { attributes: { tree: deep(10) } as unknown as Attributes }).end();
  });
  let value = (fields(span.attributes) as any).tree;
  for (let level = 0; level < 8; level += 1) value = value.in;
  expect(value).toBe('{"in":{"in":"end"}}');
});

it('masks keys and values inside', async () => {
  const span = await onTheWire('otlp-http', (tracing) => {
    const attributes = {
      request: {
        password: 'hunter2',
        list: [{ apiKey: 'abc' }, 'Bearer abcdef.ghijkl'],
        headers: [
          ['authorization', 'abc'],
          ['accept', 'text/plain'],
        ],
        named: { name: 'authorization', value: 'abc' },
        port: 80,
      },
      'http.route': { password: 'hunter2' },
    } as unknown as Attributes;
    tracing.startSpan('work', { attributes }).end();
  });
  const hidden = '__REDACTED__';
  expect(fields(span.attributes)).toEqual({
    request: {
      password: hidden,
      list: [{ apiKey: hidden }, `Bearer ${hidden}`],
      headers: [
        ['authorization', hidden],
        ['accept', 'text/plain'],
      ],
      named: { name: 'authorization', value: hidden },
      port: 80,
    },
    'http.route': { password: hidden },
  });
});

it('applies the limits inside', async () => {
  const spanLimits = { attributeValueLengthLimit: 3, attributeCountLimit: 2 };
  const span = await onTheWire(
    'otlp-http',
    (tracing) => {
      const made = tracing.startSpan('work', {
        attributes: { a: { text: 'abcdef' } } as unknown as Attributes,
      });
      made.setAttribute('b', [['abcdef'], Uint8Array.of(1, 2, 3, 4)] as never);
      made.setAttribute('c', { one: 1 } as never);
      made.end();
    },
    { spanLimits },
  );
  expect([fields(span.attributes), span.droppedAttributesCount]).toEqual([
    { a: { text: 'abc' }, b: [['abc'], 'base64:AQID'] },
    1,
  ]);
});

it('makes JSON text of them with `structuredAttributes: false`', async () => {
  const record = (tracing: TracerManager): void => tracing.startSpan('work', { attributes: COMPLEX }).end();
  const span = await onTheWire('otlp-http', record, { structuredAttributes: false });
  expect(fields(span.attributes)).toEqual({
    order: '{"id":7,"lines":[{"sku":"tea","price":2.5,"gift":true},null],"nothing":null}',
    mixed: '[1,"two",[3]]',
    bytes: 'AQL/',
    buffer: 'dGVh',
    empty: '{}',
    plain: ['a', 'b'],
  });
});

it('changes nothing that the app goes on to change', async () => {
  const order = { lines: ['tea'] };
  const span = await onTheWire('otlp-http', (tracing) => {
    const made = tracing.startSpan('work', { attributes: { order } as unknown as Attributes });
    order.lines.push('milk');
    made.end();
  });
  expect(fields(span.attributes)).toEqual({ order: { lines: ['tea'] } });
});

it.each(['configured', 'given in code'])('gives Zipkin JSON text, %s', async (way) => {
  const receiver = await ZipkinReceiver.start();
  const url = `${receiver.url}/api/v2/spans`;
  const exporter = way === 'configured' ? ({ type: 'zipkin', url } as const) : new ZipkinExporter({ url });
  const tracing = await manager({ exporter });
  tracing.startSpan('work', { attributes: { order: { id: 7 }, bytes: Uint8Array.of(1) } as never }).end();
  await tracing.shutdown();
  const sent = receiver.requests[0]?.spans[0];
  expect(sent?.['tags']).toMatchObject({ order: '{"id":7}', bytes: 'AQ==' });
  expect([Number.isInteger(sent?.['timestamp']), Number.isInteger(sent?.['duration'])]).toEqual([true, true]);
});
