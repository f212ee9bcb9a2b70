import type { Attributes } from '@opentelemetry/api';
import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { StandardOutput, type Terminal } from '../../base/standard-output.js';
import type { MetricSender } from './metric-sender.js';
import type { ExportOutcome } from '../../otlp/export-outcome.js';

/** Prints one line for each series. */
export class ConsoleSender implements MetricSender {
  readonly name = 'console';

  constructor(private readonly terminal: Terminal = new StandardOutput()) {}

  sendMetrics({ resource, scopeMetrics }: ResourceMetrics): Promise<ExportOutcome> {
    const service = resource.attributes['service.name'];
    const lines = [`metrics of ${typeof service === 'string' ? service : 'this process'}`];
    for (const { metrics } of scopeMetrics) for (const metric of metrics) lines.push(...linesOf(metric));
    return new Promise((resolve) => {
      this.terminal.write(`${lines.join('\n')}\n`, (error) => {
        resolve(
          error === undefined
            ? { ok: true, rejected: 0, message: '' }
            : {
                ok: false,
                failure: { code: error.name, reason: error.message, retryable: false, blames: 'data' },
              },
        );
      });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function linesOf(metric: MetricData): string[] {
  const { name, unit } = metric.descriptor;
  switch (metric.dataPointType) {
    case DataPointType.SUM:
    case DataPointType.GAUGE:
      return metric.dataPoints.map(
        ({ attributes, value }) =>
          `  ${name}${labels(attributes)} ${rounded(value)}${unit === '' ? '' : ` ${unit}`}`,
      );
    default:
      return metric.dataPoints.map(({ attributes, value: { count, sum = 0 } }) => {
        const average = count === 0 ? 0 : sum / count;
        const mean = `${rounded(average)}${unit === '' ? '' : ` ${unit}`}`;
        return `  ${name}${labels(attributes)} ${count} values, on average ${mean}`;
      });
  }
}

function labels(attributes: Attributes): string {
  const parts = Object.entries(attributes).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return parts.length === 0 ? '' : `{${parts.join(', ')}}`;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(6)));
}
