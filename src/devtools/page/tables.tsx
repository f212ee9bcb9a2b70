import type { MetricSeries } from '../store/metric-store.js';
import { client } from './client.js';
import { duration } from '../../base/duration.js';
import { clock } from '../store/format.js';
import { useLoaded, useTick } from './hooks.js';

const REFRESH_MILLIS = 2000;

/** Requests, messages and jobs by name. */
export function Routes() {
  const { value } = useLoaded(client.routes, [], useTick(REFRESH_MILLIS));
  return (
    <section class="page" aria-label="Routes">
      <h2>Routes</h2>
      <p class="hint">Of the traces that are kept here, slowest first.</p>
      {value?.length === 0 && <p class="empty">No request has ended yet.</p>}
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Service</th>
            <th scope="col">Count</th>
            <th scope="col">Errors</th>
            <th scope="col">p50</th>
            <th scope="col">p95</th>
            <th scope="col">Slowest</th>
          </tr>
        </thead>
        <tbody>
          {value?.map((route) => (
            <tr key={`${route.service} ${route.name}`}>
              <th scope="row">{route.name}</th>
              <td>{route.service}</td>
              <td>{route.count}</td>
              <td class={route.errors > 0 ? 'failed' : ''}>{route.errors}</td>
              <td>{duration(route.p50Millis)}</td>
              <td>{duration(route.p95Millis)}</td>
              <td>
                <a href={`#traces/${route.slowestTraceId}`}>{duration(route.maxMillis)}</a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Causes of failures, equal ones in one. */
export function Errors() {
  const { value } = useLoaded(client.errors, [], useTick(REFRESH_MILLIS));
  return (
    <section class="page" aria-label="Errors">
      <h2>Errors</h2>
      {value?.length === 0 && <p class="empty">Nothing has failed in the traces that are kept here.</p>}
      {value?.map((error) => (
        <article key={error.spanId} class="error">
          <h3>
            {error.type ?? 'Error'}: {error.message ?? '(no message)'}{' '}
            {error.count > 1 && <b>×{error.count}</b>}
          </h3>
          <p class="facts">
            <a href={`#traces/${error.traceId}/${error.spanId}`}>{error.span}</a> in {error.trace} ·{' '}
            {clock(error.time)} · {error.service}
          </p>
          {error.source !== undefined && (
            <p class="source">
              at <code>{error.source}</code>
            </p>
          )}
        </article>
      ))}
    </section>
  );
}

/** Metrics that were received over OTLP. */
export function Metrics() {
  const { value } = useLoaded(client.metrics, [], useTick(REFRESH_MILLIS));
  return (
    <section class="page" aria-label="Metrics">
      <h2>Metrics</h2>
      {value?.length === 0 && (
        <p class="empty">
          Metrics appear here when they are sent to <code>npx nestjs-telemetry dev</code> over OTLP. Rates,
          errors and latencies of requests are under <a href="#routes">Routes</a>.
        </p>
      )}
      <div class="charts">
        {value?.map((series, index) => (
          <Chart key={index} series={series} />
        ))}
      </div>
    </section>
  );
}

function Chart({ series }: { readonly series: MetricSeries }) {
  const { name, unit, service, attributes, points } = series;
  const values = points.map(([, value]) => value);
  const most = Math.max(...values, 1e-9);
  const first = points[0]?.[0] ?? 0;
  const span = Math.max(1, (points.at(-1)?.[0] ?? 0) - first);
  const line = points
    .map(([time, value]) => `${((time - first) / span) * 100},${30 - (value / most) * 28}`)
    .join(' ');
  const label = Object.entries(attributes)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ');
  return (
    <figure>
      <figcaption>
        <b>{name}</b> {service} <small>{label}</small>
      </figcaption>
      <svg
        viewBox="0 0 100 32"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}, last value ${values.at(-1)}`}
      >
        <polyline points={line} />
      </svg>
      <span>
        {values.at(-1)?.toLocaleString('en')} {unit}
      </span>
    </figure>
  );
}
