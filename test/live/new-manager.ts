import { Pipeline } from '../../src/pipeline/pipeline.js';
import type { TenantOptions, TracerConfig, TracerManager } from '../../src/index.js';
import { TracerManager as Manager } from '../../src/tracing/tracer-manager.js';

/** Collects what an operator would read. */
export class LogLines {
  readonly lines: string[] = [];
  log(message: string): void {
    this.lines.push(message);
  }
  warn(message: string): void {
    this.lines.push(message);
  }
  error(message: string): void {
    this.lines.push(message);
  }
}

/** A configured manager outside of any app, service `test`, that reads no environment. */
export async function newManager(
  config: TracerConfig,
  options: { tenants?: TenantOptions; log?: LogLines; closeTimeoutMillis?: number } = {},
): Promise<TracerManager> {
  const pipeline = new Pipeline({
    instance: 'test',
    log: options.log ?? new LogLines(),
    env: {},
    closeTimeoutMillis: options.closeTimeoutMillis ?? 1000,
    ...(options.tenants === undefined ? {} : { tenants: options.tenants }),
  });
  const manager = new Manager(pipeline);
  await manager.configure({ service: { name: 'test' }, ...config });
  return manager;
}
