import { nearestName } from '../nearest-name.js';
import { ARIZE_VARIABLES } from '../presets/arize.js';
import { PHOENIX_VARIABLES } from '../presets/phoenix.js';
import { EXPORTER_VARIABLES } from './exporter-variables.js';
import { RESOURCE_VARIABLES } from './resource-variables.js';
import { SAMPLING_VARIABLES } from './sampling-variables.js';
import { GENAI_VARIABLES } from './genai-variables.js';
import type { Variables } from './variables.js';

const EXPORTING = new Set([...EXPORTER_VARIABLES, ...ARIZE_VARIABLES, ...PHOENIX_VARIABLES]);

/** The names, without prefix, of all variables that have an effect. */
export const READ_VARIABLES = [
  ...EXPORTING,
  ...RESOURCE_VARIABLES,
  ...SAMPLING_VARIABLES,
  'OTEL_SDK_DISABLED',
  'OTEL_TRACING_ENABLED',
  'TELEMETRY_ENABLED',
  'OTEL_PROPAGATORS',
  'DEBUG_TRACING',
  'LOG_LEVEL',
  ...GENAI_VARIABLES,
];

/** Variables of other signals, languages and tools. Other code reads them. */
const OF_OTHERS = new RegExp(
  '^OTEL_(' +
    'METRICS?|EXPORTER_OTLP_METRICS|EXPORTER_PROMETHEUS|LOGS?|EXPORTER_OTLP_LOGS|BLRP|LOGRECORD|' +
    'PROFILES|SEMCONV|INSTRUMENTATION|NODE|RESOURCE_ATTRIBUTES|JAVA|JAVAAGENT|JMX|PYTHON|DOTNET|GO|' +
    'PHP|RUBY|OPERATOR|INJECTOR' +
    ')_',
);

/** Standard variables that have no effect, each with the reason. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  OTEL_CONFIG_FILE: 'declarative configuration files are not supported.',
  OTEL_EXPERIMENTAL_CONFIG_FILE: 'declarative configuration files are not supported.',
  OTEL_ENTITIES: 'entities are not supported; use OTEL_RESOURCE_ATTRIBUTES.',
  OTEL_EXPORTER_JAEGER_USER: 'Jaeger takes OTLP; use OTEL_EXPORTER_OTLP_HEADERS.',
  OTEL_EXPORTER_JAEGER_PASSWORD: 'Jaeger takes OTLP; use OTEL_EXPORTER_OTLP_HEADERS.',
  OTEL_EXPORTER_JAEGER_TIMEOUT: 'Jaeger takes OTLP; use OTEL_EXPORTER_OTLP_TIMEOUT.',
  OTEL_EXPORTER_JAEGER_PROTOCOL: 'Jaeger takes OTLP; use OTEL_EXPORTER_OTLP_PROTOCOL.',
  OTEL_EXPORTER_ZIPKIN_TIMEOUT: "Zipkin's exporter has no time limit of its own.",
  OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: 'the standard name is OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT.',
  OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: 'the standard name is OTEL_LINK_ATTRIBUTE_COUNT_LIMIT.',
};

/**
 * Warns about each `OTEL_*` variable that is set but not read: it belongs to another exporter, is not
 * supported, or is misspelt. For `ARIZE_*` and `PHOENIX_*`, which other tools also use, only misspelt names
 * are reported.
 *
 * @param exporter - whether the exporter was read from the environment; if not, its variables are not
 *   reported
 */
export function warnOfUnread(variables: Variables, exporter: boolean): void {
  for (const name of variables.unread()) {
    const ofExporter = EXPORTING.has(name);
    if (ofExporter && name.startsWith('OTEL_')) {
      if (exporter) variables.ignore(name, 'the exporter that is chosen does not use it.');
    } else if (
      !READ_VARIABLES.includes(name) &&
      /^(OTEL|ARIZE|PHOENIX|OPENINFERENCE)_/.test(name) &&
      !OF_OTHERS.test(name)
    ) {
      warnOfUnknown(variables, name);
    }
  }
}

function warnOfUnknown(variables: Variables, name: string): void {
  const reason = Object.hasOwn(UNSUPPORTED, name) ? UNSUPPORTED[name] : undefined;
  if (reason !== undefined) {
    variables.ignore(name, reason);
    return;
  }
  // An app that sets one of these variables relies on its effect.
  const ofOpenInference = name.startsWith('OPENINFERENCE_');
  // Names of other tools' variables differ less from ours than most misspelt names do.
  const nearest = nearestName(name, READ_VARIABLES, name.startsWith('OTEL_') || ofOpenInference ? 3 : 2);
  if (nearest !== undefined) variables.ignore(name, `did you mean ${nearest}?`);
  else if (name.startsWith('OTEL_') || ofOpenInference) variables.ignore(name, 'nothing here knows it.');
}
