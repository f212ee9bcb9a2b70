import type { TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { propagatorsFromEnv } from '../config/environment/environment.js';
import type { BaggageRules } from '../context/baggage-rules.js';
import {
  BAGGAGE_FORMAT,
  Propagation,
  TRACE_CONTEXT_FORMAT,
  type PropagationFormat,
} from '../context/propagation.js';
import { loadOptionalPeer } from '../base/optional-peer.js';

/** How trace context and baggage come into the process and leave it. */
export interface PropagationOptions {
  /**
   * Formats that are read and written, all at once; when several tell a trace, the last one counts. Default: what
   * `OTEL_PROPAGATORS` says, else `tracecontext` and `baggage`. `b3` (one header) and `b3multi` need the optional package
   * `@opentelemetry/propagator-b3`, `jaeger` needs `@opentelemetry/propagator-jaeger`.
   *
   * @see {@link https://opentelemetry.io/docs/specs/otel/context/api-propagators/ | Propagators}
   */
  readonly propagators?: readonly ('tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'jaeger')[];
  /**
   * Hosts that instrumented calls send trace context to: `api.example.com`, `localhost:3000`, `*.example.com`, or `*`. Default all.
   */
  readonly traceHosts?: readonly string[];
  /** Hosts that instrumented calls send baggage to, in the same forms. Default none: it tells who is asking. */
  readonly baggageHosts?: readonly string[];
}

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

const DEFAULT_PROPAGATORS = ['tracecontext', 'baggage'] as const;

const LOADERS: Readonly<
  Record<NonNullable<PropagationOptions['propagators']>[number], () => Promise<PropagationFormat>>
> = {
  tracecontext: () => Promise.resolve(TRACE_CONTEXT_FORMAT),
  baggage: () => Promise.resolve(BAGGAGE_FORMAT),
  b3: () => loadB3('SINGLE_HEADER'),
  b3multi: () => loadB3('MULTI_HEADER'),
  jaeger: loadJaeger,
};

/**
 * Builds an instance's propagation from its options and `OTEL_PROPAGATORS`.
 *
 * @param rules - for inbound baggage and attributes; absent with `baggage: false`
 * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` if a format needs a package that is not installed
 */
export async function loadPropagation(
  options: PropagationOptions,
  rules: BaggageRules | undefined,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<Propagation> {
  const names = options.propagators ?? propagatorsFromEnv(env, warn) ?? DEFAULT_PROPAGATORS;
  const formats = await Promise.all([...new Set(names)].map((name) => LOADERS[name]()));
  const { traceHosts, baggageHosts } = options;
  return new Propagation({ formats, rules, traceHosts, baggageHosts });
}

async function loadB3(encoding: 'SINGLE_HEADER' | 'MULTI_HEADER'): Promise<PropagationFormat> {
  const { B3Propagator, B3InjectEncoding } = await loadOptionalPeer(
    '@opentelemetry/propagator-b3',
    '2.12.0',
    'propagation.propagators',
    () => import('@opentelemetry/propagator-b3'),
  );
  return {
    propagator: new B3Propagator({ injectEncoding: B3InjectEncoding[encoding] }),
    headers: ['b3', 'x-b3-traceid'],
  };
}

async function loadJaeger(): Promise<PropagationFormat> {
  const { JaegerPropagator } = await loadOptionalPeer(
    '@opentelemetry/propagator-jaeger',
    '2.12.0',
    'propagation.propagators',
    () => import('@opentelemetry/propagator-jaeger'),
  );
  const jaeger = new JaegerPropagator();
  const propagator: TextMapPropagator = {
    inject: (context, carrier, setter) => {
      jaeger.inject(context, carrier, headersOnly(setter));
    },
    extract: (context, carrier, getter) => jaeger.extract(context, carrier, getter),
    fields: () => jaeger.fields(),
  };
  return { propagator, headers: ['uber-trace-id'], baggage: 'jaeger' };
}

/** Jaeger puts names of entries into names of headers, where one such as `a b` makes the whole request fail: it stays behind. */
function headersOnly(setter: TextMapSetter): TextMapSetter {
  return {
    set(carrier, key, value) {
      if (HEADER_NAME.test(key)) setter.set(carrier, key, value);
    },
  };
}
