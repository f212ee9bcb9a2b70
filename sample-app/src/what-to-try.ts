import { ADMIN_TOKEN } from './admin/admin-token.js';
import { hasRedis, REDIS_URL } from './shipping/redis.js';

/** The lines that the sample app prints when it is up. */
export function whatToTry(url: string): string {
  const base = url.replace('[::1]', 'localhost').replace('127.0.0.1', 'localhost');
  const target = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return [
    `The sample app listens on ${base}. Try:`,
    '',
    ...commands([
      [`curl ${base}/orders/42`, 'a request through two modules: one trace, two services'],
      [`curl ${base}/orders/42/receipt`, 'a route that fails, as a wide event: one span tells all'],
      [`curl -X DELETE ${base}/orders/42`, "a guard says no; with -H 'x-role: admin' it says yes"],
      [`curl -X POST ${base}/orders/42/shipment`, 'an order in two processes: one trace, over TCP'],
      [`curl ${base}/billing/invoices/42`, 'the second instance alone, service "billing"'],
      [`curl ${base}/billing/report`, 'a pipeline and its stages'],
      [`curl -N ${base}/feed/finite`, 'a stream: its span ends with it'],
      [`curl -N ${base}/feed/failing`, 'a stream that fails after its headers were sent'],
      [`curl -N ${base}/assistant/7`, 'an agent: retrieval, a model that streams, a tool; tokens and cost'],
      [
        `npm run follow -w sample-app -- ${base.replace('http', 'ws')} 42`,
        'a message over a socket, answered three times',
      ],
      [`curl ${base}/orders/42 -H 'x-user-id: ada'`, 'who asks, on every span of both services'],
      [`curl ${base}/metrics`, 'requests, streams and priced orders as Prometheus reads them'],
      [`curl ${base}/health`, 'left out of the traces'],
    ]),
    '',
    hasRedis
      ? `A shipment's label is a job, by way of Redis at ${redisHost()}.`
      : `No Redis at ${redisHost()}, so no jobs; REDIS_URL names another.`,
    target === undefined
      ? 'Each request prints its trace below. OTEL_EXPORTER_OTLP_ENDPOINT, set before the start, exports instead.'
      : `Traces go to ${target}.`,
    'While it runs, send those of "orders" to a collector on port 4317, and print them again:',
    '',
    `  ${configure(base, { type: 'otlp-grpc', url: 'http://localhost:4317' })}`,
    `  ${configure(base, { type: 'console' })}`,
    '',
  ].join('\n');
}

/** Without what it may hold of credentials. */
function redisHost(): string {
  return new URL(REDIS_URL).host;
}

/** The comments begin in one column. */
function commands(lines: readonly (readonly [command: string, comment: string])[]): string[] {
  const width = Math.max(...lines.map(([command]) => command.length));
  return lines.map(([command, comment]) => `  ${command.padEnd(width)}   ${comment}`);
}

function configure(base: string, exporter: object): string {
  const body = JSON.stringify({ exporter });
  return `curl -u admin:${ADMIN_TOKEN} -X PUT ${base}/admin/telemetry/config -H 'content-type: application/json' -d '${body}'`;
}
