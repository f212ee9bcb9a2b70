import { TracerManager } from '../../tracing/tracer-manager.js';
import { activeTracerManager } from './active-tracer-manager.js';
import { TelemetryHub } from './telemetry-hub.js';
import { hiddenInjection } from './hidden-injection.js';

const OWN = Symbol('nestjs-telemetry.manager');
const HUB = Symbol('nestjs-telemetry.hub');
const injectOwn = hiddenInjection(TracerManager, OWN);
const injectHub = hiddenInjection(TelemetryHub, HUB);

/** An object with decorated methods, with the manager that Nest injected into it. */
interface Host {
  readonly [OWN]?: TracerManager;
  readonly [HUB]?: TelemetryHub;
}

/** Makes Nest inject the module's manager into every object of the class. */
export function injectManager(prototype: object): void {
  injectOwn(prototype);
  injectHub(prototype);
}

/**
 * Finds the `TracerManager` for an object: (1) its module's; (2) the app-wide instance's; (3) for objects
 * Nest did not create, the active flow's.
 */
export function managerFor(host: unknown): TracerManager | undefined {
  if (typeof host !== 'object' || host === null) return activeTracerManager();
  const own = (host as Host)[OWN];
  if (own !== undefined) return own;
  return (host as Host)[HUB]?.appWideManager ?? activeTracerManager();
}
