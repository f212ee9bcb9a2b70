import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** The words for units, as Prometheus receivers write them. */
const WORDS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tebibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
};

/** The words for the units after a slash. */
const PER: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

/**
 * Appends the unit to each name, as Prometheus does with metrics over OTLP: `http.server.request.duration`
 * becomes `http_server_request_duration_seconds`.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ |
 *   Prometheus compatibility, metric metadata}
 */
export function withUnitSuffixes({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  return {
    resource,
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(withUnit) })),
  };
}

function withUnit(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor;
  const words = name.split(/[^A-Za-z0-9:]+/).filter((word) => word !== '');
  // `total` comes last, after the unit; the serialiser adds it to counters.
  const total = words.at(-1) === 'total' ? ['total'] : [];
  if (total.length > 0) words.pop();
  for (const word of unitWords(unit, metric.dataPointType === DataPointType.GAUGE)) {
    if (word === 'per' || !words.includes(word)) words.push(word);
  }
  if (words.at(-1) === 'per') words.pop();
  return { ...metric, descriptor: { ...metric.descriptor, name: [...words, ...total].join('_') } };
}

/** Splits a unit into words; a part in braces, such as `{request}`, is an annotation and left out. */
function unitWords(unit: string, isGauge: boolean): string[] {
  if (unit === '1') return isGauge ? ['ratio'] : [];
  const [main = '', per = ''] = unit.split('/', 2).map((part) => (part.includes('{') ? '' : part.trim()));
  return [
    ...(main === '' || main === '1' ? [] : [wordOf(WORDS, main)]),
    ...(per === '' ? [] : ['per', wordOf(PER, per)]),
  ];
}

function wordOf(words: Readonly<Record<string, string>>, unit: string): string {
  return (Object.hasOwn(words, unit) ? words[unit] : undefined) ?? unit.replace(/[^A-Za-z0-9:]+/g, '_');
}
