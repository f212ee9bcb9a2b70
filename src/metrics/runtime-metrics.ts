import type { MeterProvider } from '@opentelemetry/api';
import { loadOptionalPeer } from '../base/optional-peer.js';
import { runAsExport } from '../context/export-context.js';
import { InstanceMeter, type MeterBinding } from './instruments/instance-meter.js';
import type { RuntimeMetricsOptions } from './options/metrics-options.js';

const START = { node: startNode, host: startHost };
type PackageName = keyof typeof START;

interface Running {
  readonly meters: readonly InstanceMeter[];
  readonly stop: () => void;
}

/** Runs the official packages that measure the process. One instance of an app suffices. */
export class RuntimeMetrics {
  private readonly running = new Map<PackageName, Running>();

  /**
   * Starts the selected packages that do not run yet; they measure after the first {@link follow}.
   *
   * @throws TelemetryConfigError `TELEMETRY_PACKAGE_MISSING`
   */
  async start(options: RuntimeMetricsOptions | false | undefined): Promise<void> {
    for (const name of wanted(options)) {
      if (this.running.has(name)) continue;
      const meters: InstanceMeter[] = [];
      const provider: MeterProvider = {
        // The packages keep their instruments, so these outlive configurations.
        getMeter(scope, version) {
          const meter = new InstanceMeter(scope, version, undefined);
          meters.push(meter);
          return meter;
        },
      };
      this.running.set(name, { meters, stop: await START[name](provider) });
    }
  }

  /** Follows another configuration, and stops packages that it does not select. */
  follow(binding: MeterBinding | undefined, options: RuntimeMetricsOptions | false | undefined): void {
    const stays = wanted(options);
    for (const [name, { meters, stop }] of this.running) {
      const kept = stays.includes(name);
      for (const meter of meters) meter.bindInstruments(kept ? binding : undefined);
      if (kept) continue;
      stop();
      this.running.delete(name);
    }
  }
}

function wanted(options: RuntimeMetricsOptions | false | undefined): readonly PackageName[] {
  if (options === undefined || options === false) return [];
  const { node = true, host = true } = options;
  return [...(node ? (['node'] as const) : []), ...(host ? (['host'] as const) : [])];
}

async function startNode(provider: MeterProvider): Promise<() => void> {
  const { RuntimeNodeInstrumentation } = await loadOptionalPeer(
    {
      name: '@opentelemetry/instrumentation-runtime-node',
      version: '0.36.0',
      newer: '0.37.0',
      path: 'metrics.runtime.node',
    },
    () => import('@opentelemetry/instrumentation-runtime-node'),
  );
  return runAsExport(() => {
    const instrumentation = new RuntimeNodeInstrumentation({ enabled: false });
    instrumentation.setMeterProvider(provider);
    instrumentation.enable();
    return () => {
      instrumentation.disable();
    };
  });
}

/** Starts the host metrics, which measure nothing before the first meter. */
async function startHost(meterProvider: MeterProvider): Promise<() => void> {
  const { HostMetrics } = await loadOptionalPeer(
    { name: '@opentelemetry/host-metrics', version: '0.38.3', newer: '0.39.0', path: 'metrics.runtime.host' },
    () => import('@opentelemetry/host-metrics'),
  );
  return runAsExport(() => {
    new HostMetrics({ meterProvider, name: '@opentelemetry/host-metrics' }).start();
    return () => {};
  });
}
