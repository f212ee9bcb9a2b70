import { Logger } from '@nestjs/common';
import { StandardOutput } from '../../base/standard-output.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { DevtoolsOptions } from '../../devtools/devtools-options.js';
import type { ControlRequest, DevtoolsSource } from '../../devtools/devtools-source.js';
import type { DevtoolsServer } from '../../devtools/server/devtools-server.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import { devtoolsOptions } from '../instance/devtools-option.js';
import { exportTrace } from './export-trace.js';
import { OpenSpans } from './open-spans.js';

/** The running devtools of one app. */
interface RunningDevtools {
  readonly server: DevtoolsServer;
  watch(instance: TelemetryInstance): void;
}

/** Starts devtools when the first instance asks for it, and shows every instance of the app. */
export class DevtoolsHost {
  private readonly instances: TelemetryInstance[] = [];
  private running: Promise<RunningDevtools | undefined> | undefined;
  private readonly switchedOff = new Map<
    TelemetryInstance,
    { readonly exporter: TracerConfig['exporter'] }
  >();
  private readonly logger = new Logger('TelemetryDevtools');

  /** @param modulesOf - returns the names of the modules that an instance covers */
  constructor(private readonly modulesOf: (instance: TelemetryInstance) => readonly string[]) {}

  /** Adds an instance to the page. If devtools cannot start, a warning is logged and the app continues. */
  async join(instance: TelemetryInstance): Promise<void> {
    const options = devtoolsOptions(instance.options.devtools, process.env);
    if (this.running !== undefined) {
      (await this.running)?.watch(instance);
      return;
    }
    this.instances.push(instance);
    if (options === undefined) return;
    this.running = this.start(options);
    const running = await this.running;
    for (const each of this.instances) running?.watch(each);
  }

  async close(): Promise<void> {
    await (await this.running)?.server.close();
  }

  private async start(options: DevtoolsOptions): Promise<RunningDevtools | undefined> {
    const { DevtoolsServer, Recorder, storedSpan } = await import('../../devtools/index.js');
    const recorder = new Recorder(options);
    try {
      const server = await DevtoolsServer.start(recorder, options);
      // Printed without the app's logger, which may be silent: the page cannot be opened without the
      // address.
      new StandardOutput().write(`Devtools: ${server.url}\n`, () => undefined);
      return {
        server,
        watch: (instance) => {
          const spans = new OpenSpans(recorder, storedSpan);
          instance.pipeline.pool.watch = spans;
          const taken = recorder.sources.filter(({ name }) => name.split(' #')[0] === instance.name).length;
          const name = taken === 0 ? instance.name : `${instance.name} #${taken + 1}`;
          recorder.addSource(this.sourceOf(instance, name, spans));
        },
      };
    } catch (error) {
      this.logger.warn((error as Error).message);
      return undefined;
    }
  }

  private sourceOf(instance: TelemetryInstance, name: string, spans: OpenSpans): DevtoolsSource {
    const { tracerManager: manager } = instance;
    return {
      name,
      status: () => instance.pipeline.status(),
      config: () => {
        const { config, origins } = manager.status();
        return { ...config, origins };
      },
      modules: () => this.modulesOf(instance),
      openSpans: () => spans.all(),
      control: (request) => this.control(instance, request),
    };
  }

  private async control(instance: TelemetryInstance, request: ControlRequest): Promise<object> {
    const { tracerManager: manager, name } = instance;
    switch (request.action) {
      case 'flush':
        await manager.forceFlush();
        return { status: 'flushed' };
      case 'verify':
        return manager.verifyExport();
      case 'export':
        return exportTrace(instance, request.spans, request.exporter);
      case 'exporter':
        return this.switchExporter(instance, request.on);
      case 'reconfigure': {
        const { generation, changed, draining } = await manager.reconfigure(request.change);
        this.logger.log(
          `${name}: changed ${changed.join(', ') || 'nothing'}; generation ${generation} is live.`,
        );
        return { status: 'reconfigured', generation, changed, draining };
      }
      case 'override': {
        const { change, forMillis, tenant } = request;
        const options = tenant === undefined ? { forMillis } : { forMillis, tenant };
        const { until } = await manager.override(change, options);
        this.logger.log(`${name}: overrode ${Object.keys(change).join(', ')} until ${until.toISOString()}.`);
        return { status: 'overridden', until };
      }
    }
  }

  /**
   * Turns an exporter off, or on again as it was configured. A configuration that was set in the meantime
   * is kept.
   */
  private async switchExporter(instance: TelemetryInstance, on: boolean): Promise<object> {
    const { tracerManager: manager, name } = instance;
    const before = this.switchedOff.get(instance);
    if (on && before !== undefined) {
      this.switchedOff.delete(instance);
      await manager.reconfigure((current) => withExporter(current, before.exporter));
    } else if (!on && before === undefined) {
      const { exporter } = manager.config();
      await manager.reconfigure({ exporter: { type: 'none' } });
      this.switchedOff.set(instance, { exporter });
    }
    this.logger.log(`${name}: export is ${on ? 'on' : 'off'}.`);
    return { status: on ? 'exporting' : 'not exporting' };
  }
}

/** Returns the configuration with this exporter; if none was given, the default one applies again. */
function withExporter(config: TracerConfig, exporter: TracerConfig['exporter']): TracerConfig {
  const { exporter: _off, ...rest } = config;
  return exporter === undefined ? rest : { ...rest, exporter };
}
