import { activeContext } from '../../context/flow-context.js';
import { RequestTrace } from '../../http/request-trace.js';
import { MeterManager } from '../../metrics/meter-manager.js';
import { TelemetryHub } from '../telemetry-hub.js';
import { TelemetryInstance } from '../telemetry-instance.js';
import { HiddenInjection } from './hidden-injection.js';

const meters = new HiddenInjection<MeterManager>(MeterManager, 'meters');
const hub = new HiddenInjection<TelemetryHub>(TelemetryHub, 'meters-hub');

/** Has Nest hand the module's meters to every instance of the class. */
export function injectMeters(prototype: object): void {
  meters.into(prototype);
  hub.into(prototype);
}

/** As for spans: the module's own, else those of the instance that covers the rest, else the active request's. */
export function metersFor(host: unknown): MeterManager | undefined {
  if (typeof host === 'object' && host !== null) {
    const own = meters.of(host) ?? hub.of(host)?.instanceOfTheRest?.meterManager;
    if (own !== undefined) return own;
  }
  const request = activeContext().flow?.request;
  const scope = request instanceof RequestTrace ? request.scope : undefined;
  return scope instanceof TelemetryInstance ? scope.meterManager : undefined;
}
