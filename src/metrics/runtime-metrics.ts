import type { MeterProvider } from '@opentelemetry/api';
import { loadOptionalPeer } from '../pipeline/optional-peer.js';
import { runAsExport } from '../pipeline/queue/export-context.js';
import type { RuntimeMetricsOptions } from './metrics-options.js';

/** The official packages at work; they measure the process, so that one instance of an app is enough. */
export class RuntimeMetrics {
  private constructor(private readonly stops: readonly (() => void)[]) {}

  /**
   * @param provider - whose instruments outlive configurations: the packages keep theirs
   * @throws TelemetryConfigError `TELEMETRY_PACKAGE_MISSING`
   */
  static async start(provider: MeterProvider, options: RuntimeMetricsOptions): Promise<RuntimeMetrics> {
    const { node = true, host = true } = options;
    const stops: (() => void)[] = [];
    if (node) stops.push(await startNode(provider));
    if (host) await startHost(provider);
    return new RuntimeMetrics(stops);
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }
}

async function startNode(provider: MeterProvider): Promise<() => void> {
  const { RuntimeNodeInstrumentation } = await loadOptionalPeer(
    '@opentelemetry/instrumentation-runtime-node',
    '0.36.0',
    'metrics.runtime.node',
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

async function startHost(meterProvider: MeterProvider): Promise<void> {
  const { HostMetrics } = await loadOptionalPeer(
    '@opentelemetry/host-metrics',
    '0.38.3',
    'metrics.runtime.host',
    () => import('@opentelemetry/host-metrics'),
  );
  runAsExport(() => {
    new HostMetrics({ meterProvider, name: '@opentelemetry/host-metrics' }).start();
  });
}
