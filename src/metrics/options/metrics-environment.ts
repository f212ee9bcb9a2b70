import { otlpFromVariables } from '../../config/environment/otlp-variables.js';
import { Variables } from '../../config/environment/variables.js';
import { leaf, positiveMillis } from '../../config/schema.js';
import type {
  ExportSchedule,
  OtlpReaderConfig,
  PrometheusReaderConfig,
  Temporality,
} from './metrics-options.js';

const KNOWN = ['otlp', 'prometheus', 'console', 'none'] as const;

/** A reader that `OTEL_METRICS_EXPORTER` names. */
export type NamedReader = Exclude<(typeof KNOWN)[number], 'none'>;

const DEFAULT_PROMETHEUS_PORT = 9464;

const port = leaf({
  expected: 'a port, from 1 to 65535',
  remedy: '',
  accepts: (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= 65_535,
});

/** Matches variables that apply to metrics alone; the reader of traces reports all others. */
const METRICS_ALONE = /METRIC|PROMETHEUS/;

/**
 * Reads the variables for metrics: the standard `OTEL_METRICS_EXPORTER`, `OTEL_METRIC_EXPORT_*`,
 * `OTEL_EXPORTER_OTLP_*`, `OTEL_EXPORTER_OTLP_METRICS_*` and `OTEL_EXPORTER_PROMETHEUS_*`.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ |
 *   Environment variables}
 */
export class MetricsEnvironment {
  private readonly variables: Variables;

  constructor(
    env: NodeJS.ProcessEnv,
    private readonly warn: (message: string) => void,
  ) {
    this.variables = new Variables(env, (message, variable) => {
      if (variable !== undefined && METRICS_ALONE.test(variable)) warn(message);
    });
  }

  /**
   * Returns the readers, in order and without duplicates; `undefined` if the variable is unset, an empty
   * list for `none`.
   */
  readers(): readonly NamedReader[] | undefined {
    if (!this.variables.isSet('OTEL_METRICS_EXPORTER')) return undefined;
    const names = new Set(this.variables.list('OTEL_METRICS_EXPORTER').map((name) => name.toLowerCase()));
    if (names.has('none')) return [];
    const readers: NamedReader[] = [];
    for (const name of names) {
      const known = KNOWN.find((reader) => reader === name);
      if (known !== undefined && known !== 'none') readers.push(known);
      else {
        this.warn(
          `OTEL_METRICS_EXPORTER names \`${name.slice(0, 40)}\`, which does not exist here; known: ` +
            `${KNOWN.join(', ')}.`,
        );
      }
    }
    return readers;
  }

  /** Whether a variable names an address for metrics. */
  get namesReceiver(): boolean {
    return (
      this.hasOwnAddress ||
      ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_ENDPOINT'].some((name) => this.variables.isSet(name))
    );
  }

  /** Whether a variable names an address for metrics alone. */
  get hasOwnAddress(): boolean {
    return this.variables.isSet('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT');
  }

  /**
   * Returns the reader that the variables of the OTLP exporter describe.
   *
   * @throws TelemetryConfigError for an address without a scheme, a malformed header or an unreadable
   *   certificate
   */
  otlp(): OtlpReaderConfig {
    return otlpFromVariables(this.variables, undefined, 'METRICS');
  }

  prometheus(): PrometheusReaderConfig {
    const host = this.variables.text('OTEL_EXPORTER_PROMETHEUS_HOST');
    const named = this.variables.number('OTEL_EXPORTER_PROMETHEUS_PORT', port);
    return {
      type: 'prometheus',
      port: named ?? DEFAULT_PROMETHEUS_PORT,
      ...(host === undefined ? {} : { host }),
    };
  }

  /** Returns the export schedule, from the options, else from the environment. */
  schedule(): ExportSchedule {
    const interval = this.variables.number('OTEL_METRIC_EXPORT_INTERVAL', positiveMillis);
    const timeout = this.variables.number('OTEL_METRIC_EXPORT_TIMEOUT', positiveMillis);
    const temporality = this.variables.choice<Temporality>(
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
      ['cumulative', 'delta', 'lowmemory'],
    );
    return {
      ...(interval === undefined ? {} : { exportIntervalMillis: interval }),
      ...(timeout === undefined ? {} : { exportTimeoutMillis: timeout }),
      ...(temporality === undefined ? {} : { temporality }),
    };
  }
}
