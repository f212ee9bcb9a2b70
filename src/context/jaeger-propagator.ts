import {
  propagation,
  trace,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { SUPPRESS_TRACING } from '../sdk/trace-context-propagator.js';

const TRACE_HEADER = 'uber-trace-id';
const BAGGAGE_PREFIX = 'uberctx-';
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const FORMAT = /^([^:]*):([^:]*):[^:]*:([^:]*)$/;
const FLAGS = /^[\da-f]{1,2}$/i;

/**
 * Reads and writes Jaeger's format: `uber-trace-id: {trace}:{span}:0:{flags}`, and one `uberctx-…` header
 * per baggage entry. An entry whose name is not a valid header name is left out, since it would make the
 * whole request fail.
 *
 * @see {@link https://www.jaegertracing.io/docs/1.76/architecture/sdk-client-libraries/#propagation-format
 *   | Propagation format}
 */
export class JaegerPropagator implements TextMapPropagator {
  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    const spanContext = trace.getSpanContext(context);
    if (spanContext !== undefined && context.getValue(SUPPRESS_TRACING) !== true) {
      const { traceId, spanId, traceFlags } = spanContext;
      setter.set(carrier, TRACE_HEADER, `${traceId}:${spanId}:0:0${(traceFlags & 1).toString()}`);
    }
    for (const [key, { value }] of propagation.getBaggage(context)?.getAllEntries() ?? []) {
      const header = `${BAGGAGE_PREFIX}${key}`;
      if (HEADER_NAME.test(header)) setter.set(carrier, header, encodeURIComponent(value));
    }
  }

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    const header = first(getter.get(carrier, TRACE_HEADER));
    const [, traceId = '', spanId = '', flags = ''] = FORMAT.exec(decode(header) ?? '') ?? [];
    const continued =
      traceId === ''
        ? context
        : trace.setSpanContext(context, {
            // Jaeger writes ids as numbers without leading zeros.
            traceId: traceId.padStart(32, '0'),
            spanId: spanId.padStart(16, '0'),
            traceFlags: FLAGS.test(flags) ? Number.parseInt(flags, 16) & 1 : 1,
            isRemote: true,
          });
    const names = getter.keys(carrier).filter((key) => key.startsWith(BAGGAGE_PREFIX));
    if (names.length === 0) return continued;
    let baggage = propagation.getBaggage(context) ?? propagation.createBaggage();
    for (const name of names) {
      const value = decode(first(getter.get(carrier, name)));
      if (value !== undefined) baggage = baggage.setEntry(name.slice(BAGGAGE_PREFIX.length), { value });
    }
    return propagation.setBaggage(continued, baggage);
  }

  fields(): string[] {
    return [TRACE_HEADER];
  }
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Decodes a percent-encoded value. @returns nothing if the value is not valid percent-encoding */
function decode(value: string | undefined): string | undefined {
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
