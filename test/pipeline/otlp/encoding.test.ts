import { createTraceState, SpanKind, SpanStatusCode, TraceFlags, type Attributes } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { EncodedPart, EncodedSegment } from '../../../src/pipeline/encoding/encoded-segment.js';
import { buildJsonRequest } from '../../../src/pipeline/encoding/json-request.js';
import { writeJsonSpan } from '../../../src/pipeline/encoding/json-span.js';
import { buildProtobufRequest } from '../../../src/pipeline/encoding/protobuf-request.js';
import { writeProtobufSpan } from '../../../src/pipeline/encoding/protobuf-span.js';
import { decodeRequest } from '../support/otlp-receiver.js';
import { makeSpan, RESOURCE, SCOPE } from '../support/span-fixture.js';

function encode(spans: readonly ReadableSpan[], format: 'protobuf' | 'json'): Buffer {
  const write = format === 'json' ? writeJsonSpan : writeProtobufSpan;
  const parts = spans
    .map((span) => {
      const segment = new EncodedSegment(
        { resource: span.resource, scope: span.instrumentationScope, epoch: 0 },
        false,
        write,
      );
      segment.append(span);
      return segment.cut(1, Infinity);
    })
    .filter((part) => part instanceof EncodedPart);
  return format === 'json' ? buildJsonRequest(parts) : buildProtobufRequest(parts);
}

/** Ours and the official serialiser's, both decoded with the published .proto files. */
function both(spans: readonly ReadableSpan[]): readonly [ours: unknown, official: unknown] {
  const official = ProtobufTraceSerializer.serializeRequest([...spans]);
  return [decodeRequest(encode(spans, 'protobuf')), withoutDefaults(decodeRequest(official!))];
}

/** The official serialiser writes some default values that ours leaves out: the same to a receiver. */
function withoutDefaults<T extends ReturnType<typeof decodeRequest>>(request: T): T {
  for (const { resource, scopeSpans } of request.resourceSpans) {
    if (resource.droppedAttributesCount === 0) delete resource.droppedAttributesCount;
    for (const { spans, scope } of scopeSpans) {
      if (scope.droppedAttributesCount === 0) delete scope.droppedAttributesCount;
      for (const span of spans) {
        if (span.status && !span.status.code && !span.status.message) delete span.status;
        if (span.status && span.status.message === '') delete span.status.message;
        for (const record of [span, ...span.events, ...span.links]) {
          for (const key of Object.keys(record))
            if (record[key] === 0 || record[key] === '') delete record[key];
        }
      }
    }
  }
  return request;
}

const LONG = 'x'.repeat(127);
const VALUES: Attributes = {
  empty: '',
  ascii: 'GET',
  'forty chars': 'y'.repeat(40),
  'forty-one chars': 'y'.repeat(41),
  'length of two bytes': LONG + LONG,
  'length of three bytes': LONG.repeat(200),
  'umlauts short': 'Größe',
  'umlauts at forty': 'ü'.repeat(40),
  'three-byte characters': '注文'.repeat(20),
  'three-byte characters, long': '注文'.repeat(80),
  emoji: '🧾 paid 🎉',
  'lone surrogate': 'a\ud800b',
  'lone surrogate, long': `${LONG}\ud800b`,
  zero: 0,
  one: 1,
  'seven bits': 127,
  'eight bits': 128,
  '31 bits': 0x7fff_ffff,
  '32 bits': 0xffff_ffff,
  '33 bits': 0x1_0000_0000,
  safe: Number.MAX_SAFE_INTEGER,
  'above safe': 2 ** 60,
  'not an int64': 2 ** 63,
  'minus one': -1,
  'minus 32 bits': -0x8000_0000,
  'minus large': -(2 ** 53) + 1,
  'minus 2^63': -(2 ** 63),
  half: 0.5,
  negative: -1.25,
  yes: true,
  no: false,
  strings: ['a', '', 'ö'],
  numbers: [1, 2, -3],
  fractions: [1.5, 2.5, -3.25],
  booleans: [true, false],
  none: [],
  [`key of ${LONG}`]: 'long key',
  schlüssel: 'key in two bytes',
};

const OTHERS = {
  bytes: new Uint8Array([0, 1, 255]),
  map: { a: 1, b: { c: ['x', { d: true }] } },
  null: null,
  mixed: ['a', 1, null, true],
} as unknown as Attributes;

const FULL: ReadableSpan = {
  ...makeSpan({ name: 'GET /orders/:id', kind: SpanKind.SERVER, attributes: { ...VALUES, ...OTHERS } }),
  spanContext: () => ({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    traceState: createTraceState('vendor=value,other=1'),
  }),
  parentSpanContext: {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: '00f067aa0ba902b7',
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  },
  startTime: [1_763_600_000, 999_999_999],
  endTime: [1_763_600_001, 0],
  status: { code: SpanStatusCode.ERROR, message: 'refused: Größe' },
  droppedAttributesCount: 3,
  droppedEventsCount: 300,
  droppedLinksCount: 70_000,
  events: [
    { time: [1_763_600_000, 5], name: 'plain' },
    {
      time: [1_763_600_000, 6],
      name: 'exception',
      attributes: { 'exception.message': 'no', 'exception.stacktrace': 'at x\n'.repeat(100) },
      droppedAttributesCount: 2,
    },
    { time: [1_763_600_000, 7], name: '', attributes: VALUES },
  ],
  links: [
    { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.NONE } },
    {
      context: {
        traceId: 'ABCDEF'.padEnd(32, '0'),
        spanId: 'f'.repeat(16),
        traceFlags: TraceFlags.SAMPLED,
        isRemote: true,
        traceState: createTraceState('a=b'),
      },
      attributes: VALUES,
      droppedAttributesCount: 9,
    },
  ],
};

describe('protobuf', () => {
  it('says the same as the official serialiser about a span with everything in it', () => {
    const [ours, official] = both([FULL]);
    expect(ours).toEqual(official);
  });

  it.each(Object.entries({ ...VALUES, ...OTHERS }))('says the same about the attribute %s', (key, value) => {
    const [ours, official] = both([makeSpan({ attributes: { [key]: value! } })]);
    expect(ours).toEqual(official);
  });

  it.each([
    [0, 0],
    [1, 999_999_999],
    [9_007_199, 254_740_991],
    [1_763_600_000, 1],
    [2 ** 31, 500_000_000],
    [4_294_967_295, 999_999_999],
    [18_446_744_073, 709_551_615],
  ])('says the same about the time %d s %d ns', (seconds, nanos) => {
    const span = { ...makeSpan(), startTime: [seconds, nanos], endTime: [seconds, nanos] } as ReadableSpan;
    const [ours, official] = both([span]);
    expect(ours).toEqual(official);
  });

  it('puts each resource and each scope once around its spans', () => {
    const other = resourceFromAttributes({ 'service.name': 'billing' }, { schemaUrl: 'https://schema/1' });
    const scope = { name: 'custom', schemaUrl: 'https://schema/2' };
    const spans = [
      makeSpan(),
      makeSpan({ scope }),
      makeSpan({ resource: other }),
      makeSpan(),
      makeSpan(),
      makeSpan({ resource: other, scope }),
      makeSpan({ scope: { name: 'bare' } }),
    ];
    const [ours, official] = both(spans);
    expect(ours).toEqual(official);
    expect(
      (ours as any).resourceSpans.map((entry: any) => entry.scopeSpans.map((of: any) => of.spans.length)),
    ).toEqual([
      [3, 1, 1],
      [1, 1],
    ]);
  });

  it('makes a span of up to 16 KiB without moving it, and larger ones just as well', () => {
    for (const size of [10, 100, 126, 127, 128, 16_000, 16_383, 16_384, 20_000, 3_000_000]) {
      const [ours, official] = both([makeSpan({ attributes: { body: 'b'.repeat(size) } })]);
      expect(ours).toEqual(official);
    }
  });

  it('writes a bigint as a number if it fits 64 bits, else as text', () => {
    const attributes = { small: 5n, large: -(2n ** 63n), huge: 2n ** 64n } as unknown as Attributes;
    const request = decodeRequest(encode([makeSpan({ attributes })], 'protobuf'));
    expect(request.resourceSpans[0]?.scopeSpans[0]?.spans[0].attributes).toEqual([
      { key: 'small', value: { intValue: '5' } },
      { key: 'large', value: { intValue: '-9223372036854775808' } },
      { key: 'huge', value: { stringValue: '18446744073709551616' } },
    ]);
  });
});

describe('attributes that resist', () => {
  const cyclic: Record<string, unknown> = { a: 1 };
  cyclic['self'] = cyclic;
  const attributes = {
    before: 1,
    get broken(): string {
      throw new Error('no');
    },
    cyclic,
    inside: {
      get broken() {
        throw new Error('no');
      },
    },
    after: 2,
    fn: () => 1,
    symbol: Symbol('s'),
  } as unknown as Attributes;

  it('cost only themselves', () => {
    for (const format of ['protobuf', 'json'] as const) {
      const bytes = encode([makeSpan({ attributes })], format);
      const request = format === 'json' ? JSON.parse(bytes.toString()) : decodeRequest(bytes);
      const [span] = request.resourceSpans[0].scopeSpans[0].spans;
      expect(span.attributes.map((attribute: any) => attribute.key)).toEqual([
        'before',
        'cyclic',
        'after',
        'fn',
        'symbol',
      ]);
      expect(span.droppedAttributesCount).toBe(2);
    }
  });
});

describe('json', () => {
  it('says the same as the official serialiser', () => {
    // Lone surrogates do not exist in the official one's JSON, and it writes integers
    // that no receiver can read.
    const { 'not an int64': _3, ...values } = VALUES;
    const span: ReadableSpan = {
      ...FULL,
      attributes: { ...values, ...OTHERS },
      events: FULL.events.slice(0, 2),
      links: FULL.links.slice(0, 1),
    };
    const official = Buffer.from(
      JsonTraceSerializer.serializeRequest([span, makeSpan({ resource: RESOURCE })])!,
    );
    const ours = encode([span, makeSpan({ resource: RESOURCE })], 'json');
    const [one, two] = [JSON.parse(ours.toString()), JSON.parse(official.toString())];
    // The fixture numbers its spans.
    for (const request of [one, two]) {
      for (const made of request.resourceSpans.flatMap((r: any) =>
        r.scopeSpans.flatMap((s: any) => s.spans),
      )) {
        if (made.name.startsWith('span ')) Object.assign(made, { name: '', traceId: '', spanId: '' });
      }
    }
    expect(one).toEqual(two);
  });

  it.each([Number.MAX_VALUE, 1e21, 2 ** 63])(
    'writes %d, which is whole and no int64, as a double, since it spoils the whole request',
    (value) => {
      const request = JSON.parse(encode([makeSpan({ attributes: { value } })], 'json').toString());
      expect(request.resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value).toEqual({
        doubleValue: value,
      });
    },
  );

  it.each([
    [NaN, NaN],
    [Infinity, NaN],
    [-1, -500_000_000],
    [1.7e15, 0],
  ])('writes the time %d s %d ns, which no fixed64 can hold, as zero', (seconds, nanos) => {
    const startTime: [number, number] = [seconds, nanos];
    const span = { ...makeSpan(), startTime, events: [{ name: 'event', time: startTime }] } as ReadableSpan;
    const request = JSON.parse(encode([span], 'json').toString());
    expect(request.resourceSpans[0].scopeSpans[0].spans[0]).toMatchObject({
      startTimeUnixNano: '0',
      endTimeUnixNano: '1763600000002000000',
      events: [{ timeUnixNano: '0' }],
    });
  });
});

describe('a segment', () => {
  it('cuts, splits and forgets spans at their borders', () => {
    const segment = new EncodedSegment(
      { resource: RESOURCE, scope: SCOPE, epoch: 0 },
      true,
      writeProtobufSpan,
    );
    const sizes = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => segment.append(makeSpan({ name })));
    expect(segment.dropOldest()).toBe(sizes[0]);
    const first = segment.cut(1, Infinity)!;
    expect(first.bytes).toBe(sizes[1]);
    expect(segment.cut(3, sizes[2]! - 1)).toBeUndefined();
    const rest = segment.cut(3, Infinity)!;
    expect(segment.spans).toBe(1);
    segment.append(makeSpan({ name: 'g' }));
    const last = segment.cut(10, Infinity)!;
    const names = (part: unknown): string[] =>
      decodeRequest(buildProtobufRequest([part as EncodedPart])).resourceSpans[0]!.scopeSpans[0]!.spans.map(
        (s) => s.name,
      );
    expect([first, ...rest.split(), last].map(names)).toEqual([['b'], ['c'], ['d', 'e'], ['f', 'g']]);
  });
});

describe('numbers that receivers cannot keep', () => {
  const double = (doubleValue: number): object => ({ doubleValue });
  const text = (stringValue: string): object => ({ stringValue });
  const list = (...values: object[]): object => ({ arrayValue: { values } });

  it.each<[string, unknown, object]>([
    ['not a number', NaN, text('NaN')],
    ['infinity', Infinity, text('Infinity')],
    ['minus infinity', -Infinity, text('-Infinity')],
    ['whole numbers beside fractions', [1, 2.5, -3], list(double(1), double(2.5), double(-3))],
    ['whole numbers beside one that is no int64', [1, 2 ** 63], list(double(1), double(2 ** 63))],
    ['a list with not a number', [1, NaN, 2.5], list(text('1'), text('NaN'), text('2.5'))],
    [
      'a list in a map',
      { a: [0.5, 1] },
      { kvlistValue: { values: [{ key: 'a', value: list(double(0.5), double(1)) }] } },
    ],
  ])('%s', (_name, value, expected) => {
    const span = makeSpan({ attributes: { value } as unknown as Attributes });
    const json = JSON.parse(encode([span], 'json').toString());
    expect(json.resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value).toEqual(expected);
    const protobuf = decodeRequest(encode([span], 'protobuf'));
    expect(protobuf.resourceSpans[0]?.scopeSpans[0]?.spans[0].attributes[0].value).toEqual(expected);
  });
});
