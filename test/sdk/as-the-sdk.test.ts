import {
  ROOT_CONTEXT,
  trace,
  createTraceState,
  defaultTextMapGetter,
  defaultTextMapSetter,
} from '@opentelemetry/api';
import { SDK_INFO as OFFICIAL_INFO, suppressTracing, W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes as officialResource } from '@opentelemetry/resources';
import { describe, expect, it } from 'vitest';
import { resourceFromAttributes } from '../../src/sdk/resource.js';
import { SDK_INFO } from '../../src/sdk/sdk-info.js';
import { TraceContextPropagator } from '../../src/sdk/trace-context-propagator.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

const ours = new TraceContextPropagator();
const official = new W3CTraceContextPropagator();

function read(propagator: TraceContextPropagator | W3CTraceContextPropagator, carrier: object): unknown {
  const context = trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter));
  return context && { ...context, traceState: context.traceState?.serialize() };
}

describe('traceparent and tracestate', () => {
  it.each([
    { traceparent: `00-${TRACE}-${SPAN}-01` },
    { traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'a=1,b=2' },
    { traceparent: [`00-${TRACE}-${SPAN}-01`], tracestate: ['a=1', 'b=2'] },
    { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: '' },
    { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'not a list;,=,a=1' },
    { traceparent: ` 00-${TRACE}-${SPAN}-ff ` },
    { traceparent: `cc-${TRACE}-${SPAN}-01-what-later-versions-append` },
    { traceparent: `00-${TRACE}-${SPAN}-01-extra` },
    { traceparent: `ff-${TRACE}-${SPAN}-01` },
    { traceparent: `00-${'0'.repeat(32)}-${SPAN}-01` },
    { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` },
    { traceparent: `00-${TRACE.toUpperCase()}-${SPAN}-01` },
    { traceparent: `00-${TRACE}-${SPAN}` },
    { traceparent: '' },
    { traceparent: [] },
    {},
  ])('are read as the SDK reads them: %j', (carrier) => {
    expect(read(ours, carrier)).toEqual(read(official, carrier));
  });

  it('are written as the SDK writes them', () => {
    const spanContext = { traceId: TRACE, spanId: SPAN, traceFlags: 1 };
    const contexts = [
      ROOT_CONTEXT,
      trace.setSpanContext(ROOT_CONTEXT, spanContext),
      trace.setSpanContext(ROOT_CONTEXT, { ...spanContext, traceState: createTraceState('a=1') }),
      trace.setSpanContext(ROOT_CONTEXT, { ...spanContext, traceFlags: 0 }),
      trace.setSpanContext(ROOT_CONTEXT, { ...spanContext, spanId: '0'.repeat(16) }),
      suppressTracing(trace.setSpanContext(ROOT_CONTEXT, spanContext)),
    ];
    const written = contexts.map((context) =>
      [ours, official].map((propagator) => {
        const carrier = {};
        propagator.inject(context, carrier, defaultTextMapSetter);
        return carrier;
      }),
    );
    expect(written.map(([own]) => own)).toEqual(written.map(([, other]) => other));
    expect(written[1]?.[0]).toEqual({ traceparent: `00-${TRACE}-${SPAN}-01` });
  });
});

describe('resources', () => {
  it('merge with those of the SDK, in both directions', () => {
    const [own, other] = [
      { a: 1, b: 'own' },
      { b: 'other', c: true },
    ];
    expect([
      resourceFromAttributes(own).merge(officialResource(other)).attributes,
      officialResource(own).merge(resourceFromAttributes(other)).attributes,
    ]).toEqual([
      { a: 1, b: 'other', c: true },
      { a: 1, b: 'other', c: true },
    ]);
  });

  it('name the SDK whose data model they follow', () => {
    const { 'process.runtime.name': _runtime, ...sdk } = OFFICIAL_INFO;
    expect(SDK_INFO).toEqual(sdk);
  });
});
