import { once } from 'node:events';
import { createServer } from 'node:http';
import { attributesOf, receiveJson } from './otlp-json.mjs';

/** Units as Prometheus writes them out in names. */
const UNITS = { s: 'seconds', ms: 'milliseconds', By: 'bytes', 1: 'ratio' };

/**
 * Takes metrics over OTLP and shows them as a page, for a Prometheus that is too old to take OTLP itself (before 2.47). Names and
 * labels are those that Prometheus 3 gives them.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ | Prometheus compatibility}
 */
export async function serveMetricsPage() {
  const newest = new Map();
  const receiver = await receiveJson((path, { resourceMetrics = [] }) => {
    if (!path.endsWith('/v1/metrics')) return;
    for (const { resource, scopeMetrics } of resourceMetrics) {
      const about = attributesOf(resource.attributes);
      newest.set(about['service.instance.id'] + about['service.name'], { about, scopeMetrics });
    }
  });
  const page = createServer((_request, response) => {
    const lines = [...newest.values()].flatMap(linesOf);
    response.setHeader('content-type', 'text/plain; version=0.0.4').end(`${lines.join('\n')}\n`);
  }).listen(0, '127.0.0.1');
  await once(page, 'listening');
  return {
    url: receiver.url,
    port: page.address().port,
    stop: () => {
      receiver.stop();
      page.close();
      page.closeAllConnections();
    },
  };
}

function linesOf({ about, scopeMetrics }) {
  const common = {
    job: about['service.name'],
    instance: about['service.instance.id'],
    service_name: about['service.name'],
  };
  return scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap((metric) => {
      const { dataPoints } = metric.sum ?? metric.gauge ?? metric.histogram;
      const name = nameOf(metric);
      return dataPoints.flatMap((point) => {
        const labels = { ...attributesOf(point.attributes), ...common };
        if (metric.histogram === undefined) return line(name, labels, point.asInt ?? point.asDouble);
        return histogram(name, labels, point);
      });
    }),
  );
}

function nameOf({ name, unit = '', sum }) {
  const suffix = UNITS[unit] ?? '';
  const base = underscored(name) + (suffix === '' ? '' : `_${suffix}`);
  return sum?.isMonotonic === true ? `${base}_total` : base;
}

function histogram(name, labels, { bucketCounts, explicitBounds, sum, count }) {
  let total = 0;
  const buckets = bucketCounts.map((bucket, index) => {
    total += Number(bucket);
    return line(`${name}_bucket`, { ...labels, le: String(explicitBounds[index] ?? '+Inf') }, total);
  });
  return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count)];
}

function line(name, labels, value) {
  const pairs = Object.entries(labels).map(
    ([key, text]) => `${underscored(key)}=${JSON.stringify(String(text))}`,
  );
  return `${name}{${pairs.join(',')}} ${value}`;
}

function underscored(name) {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}
