import type { TextMapPropagator } from '@opentelemetry/api';
import { propagatorsFromEnv } from '../config/environment/environment.js';
import type { BaggageRules } from '../context/baggage-rules.js';
import { JaegerPropagator } from '../context/jaeger-propagator.js';
import {
  BAGGAGE_FORMAT,
  Propagation,
  TRACE_CONTEXT_FORMAT,
  type PropagationFormat,
} from '../context/propagation.js';
import { loadOptionalPeer } from '../base/optional-peer.js';

/** The propagation options: formats, and the hosts that receive headers. */
export interface PropagationOptions {
  /**
   * The formats to read and write. If several contain a trace, the last one wins. Default:
   * `OTEL_PROPAGATORS`, else `tracecontext` and `baggage`. `b3` (one header) and `b3multi` need the
   * optional package `@opentelemetry/propagator-b3`. A propagator object is used as it is.
   *
   * @see {@link https://opentelemetry.io/docs/specs/otel/context/api-propagators/ | Propagators}
   */
  readonly propagators?: readonly (
    'tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'jaeger' | TextMapPropagator
  )[];
  /**
   * The hosts that instrumented calls send trace context to: `api.example.com`, `localhost:3000`,
   * `*.example.com`, or `*`. Default: all.
   */
  readonly traceHosts?: readonly string[];
  /**
   * The hosts that instrumented calls send baggage to, in the same forms. Default: none, since baggage
   * identifies users.
   */
  readonly baggageHosts?: readonly string[];
}

const JAEGER_FORMAT: PropagationFormat = {
  propagator: new JaegerPropagator(),
  headers: ['uber-trace-id'],
  baggage: 'jaeger',
};

const DEFAULT_PROPAGATORS = ['tracecontext', 'baggage'] as const;

type FormatName = Extract<NonNullable<PropagationOptions['propagators']>[number], string>;

const LOADERS: Readonly<Record<FormatName, () => Promise<PropagationFormat>>> = {
  tracecontext: () => Promise.resolve(TRACE_CONTEXT_FORMAT),
  baggage: () => Promise.resolve(BAGGAGE_FORMAT),
  b3: () => loadB3('SINGLE_HEADER'),
  b3multi: () => loadB3('MULTI_HEADER'),
  jaeger: () => Promise.resolve(JAEGER_FORMAT),
};

/**
 * Creates an instance's propagation from its options and `OTEL_PROPAGATORS`.
 *
 * @param rules - the rules for inbound baggage and attributes; absent with `baggage: false`
 * @throws {@link TelemetryConfigError} `TELEMETRY_PACKAGE_MISSING` if a format's package is not installed
 */
export async function loadPropagation(
  options: PropagationOptions,
  rules: BaggageRules | undefined,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<Propagation> {
  const names = options.propagators ?? propagatorsFromEnv(env, warn) ?? DEFAULT_PROPAGATORS;
  const formats = await Promise.all(
    [...new Set(names)].map(async (name) => (typeof name === 'string' ? LOADERS[name]() : givenFormat(name))),
  );
  const { traceHosts, baggageHosts } = options;
  return new Propagation({ formats, rules, traceHosts, baggageHosts });
}

async function loadB3(encoding: 'SINGLE_HEADER' | 'MULTI_HEADER'): Promise<PropagationFormat> {
  const { B3Propagator, B3InjectEncoding } = await loadOptionalPeer(
    {
      name: '@opentelemetry/propagator-b3',
      version: '2.12.0',
      newer: '3.1.0',
      path: 'propagation.propagators',
    },
    () => import('@opentelemetry/propagator-b3'),
  );
  return {
    propagator: new B3Propagator({ injectEncoding: B3InjectEncoding[encoding] }),
    headers: ['b3', 'x-b3-traceid'],
  };
}

/** Converts a user's propagator to a format; its `fields()` lists the headers that it reads. */
function givenFormat(propagator: TextMapPropagator): PropagationFormat {
  const fields = propagator.fields();
  return {
    propagator,
    headers: fields.filter((field) => field !== 'baggage'),
    ...(fields.includes('baggage') && { baggage: 'w3c' }),
  };
}
