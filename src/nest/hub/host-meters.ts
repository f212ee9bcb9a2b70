import { activeContext } from '../../context/flow-context.js';
import { requestTraceIn } from '../../http/request-trace-of.js';
import { MeterManager } from '../../metrics/meter-manager.js';
import { TelemetryHub } from './telemetry-hub.js';
import { TelemetryInstance } from '../instance/telemetry-instance.js';
import { hiddenInjection } from './hidden-injection.js';

const OWN = Symbol('nestjs-telemetry.meters');
const HUB = Symbol('nestjs-telemetry.meters-hub');
const injectOwn = hiddenInjection(MeterManager, OWN);
const injectHub = hiddenInjection(TelemetryHub, HUB);

/** An object with measured methods, with the meters that Nest injected into it. */
interface Host {
  readonly [OWN]?: MeterManager;
  readonly [HUB]?: TelemetryHub;
}

/** Makes Nest inject the module's meters into every object of the class. */
export function injectMeters(prototype: object): void {
  injectOwn(prototype);
  injectHub(prototype);
}

/**
 * Returns the meters for an object: its module's, else the app-wide instance's, else the active request's.
 */
export function metersFor(host: unknown): MeterManager | undefined {
  if (typeof host === 'object' && host !== null) {
    const own = (host as Host)[OWN] ?? (host as Host)[HUB]?.appWideInstance?.meterManager;
    if (own !== undefined) return own;
  }
  const instance = requestTraceIn(activeContext())?.instance;
  return instance instanceof TelemetryInstance ? instance.meterManager : undefined;
}
