/** The lines that the sample app prints when it is up. */
export function whatToTry(url: string): string {
  const base = url.replace('[::1]', 'localhost');
  const target = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return [
    `The sample app listens on ${base}. Try:`,
    '',
    `  curl ${base}/orders/42                                a traced request through two modules`,
    `  curl ${base}/orders/42/receipt                        a route that fails`,
    `  curl -X DELETE ${base}/orders/42                      a guard says no; with -H 'x-role: admin' it says yes`,
    `  curl ${base}/billing/invoices/42                      traced by a second instance, service "billing"`,
    '',
    target === undefined
      ? 'Each request prints its trace below. Set OTEL_EXPORTER_OTLP_ENDPOINT to export instead.'
      : `Traces go to ${target}.`,
    '',
  ].join('\n');
}
