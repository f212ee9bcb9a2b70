import { TracerManager } from '../../tracing/tracer-manager.js';
import { activeTracerManager } from '../active-tracer-manager.js';
import { TelemetryHub } from '../telemetry-hub.js';
import { HiddenInjection } from './hidden-injection.js';

const manager = new HiddenInjection<TracerManager>(TracerManager, 'manager');
const hub = new HiddenInjection<TelemetryHub>(TelemetryHub, 'hub');

/** Has Nest hand the module's manager to every instance of the class. */
export function injectManager(prototype: object): void {
  manager.into(prototype);
  hub.into(prototype);
}

/**
 * The manager that spans of an object belong to: its module's, else that of the instance which covers whatever no nearer one does,
 * else, where Nest did not build the object, the active flow's.
 */
export function managerFor(host: unknown): TracerManager | undefined {
  if (typeof host !== 'object' || host === null) return activeTracerManager();
  return manager.of(host) ?? hub.of(host)?.managerOfTheRest ?? activeTracerManager();
}
