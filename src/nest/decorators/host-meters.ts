import { Inject, Optional } from '@nestjs/common';
import { activeContext } from '../../context/flow-context.js';
import { RequestTrace } from '../../http/request-trace.js';
import { MeterManager } from '../../metrics/meter-manager.js';
import { TelemetryHub } from '../telemetry-hub.js';
import { TelemetryInstance } from '../telemetry-instance.js';

const OWN = Symbol('nestjs-telemetry.meters');
const HUB = Symbol('nestjs-telemetry.meters-hub');

/** What Nest has put into an instance of a class with measured methods. */
interface Host {
  readonly [OWN]?: MeterManager;
  readonly [HUB]?: TelemetryHub;
}

/** Has Nest hand the module's meters to every instance of the class. */
export function injectMeters(prototype: object): void {
  // Static methods belong to no module.
  if (typeof prototype === 'function') return;
  injectHidden(prototype, MeterManager, OWN, OWN_ENTRANCE);
  injectHidden(prototype, TelemetryHub, HUB, HUB_ENTRANCE);
}

/** As for spans: the module's own, else those of the instance that covers the rest, else the active request's. */
export function metersFor(host: unknown): MeterManager | undefined {
  if (typeof host === 'object' && host !== null) {
    const own = (host as Host)[OWN] ?? (host as Host)[HUB]?.instanceOfTheRest?.meterManager;
    if (own !== undefined) return own;
  }
  const request = activeContext().flow?.request;
  const scope = request instanceof RequestTrace ? request.scope : undefined;
  return scope instanceof TelemetryInstance ? scope.meterManager : undefined;
}

/** A property that nobody sees: instances stay equal to those of plain `new`, and a frozen one does without. */
function injectHidden(
  prototype: object,
  token: typeof MeterManager | typeof TelemetryHub,
  slot: symbol,
  entrance: symbol,
): void {
  if (Object.hasOwn(prototype, entrance)) return;
  Object.defineProperty(prototype, entrance, {
    configurable: true,
    set(this: object, value: unknown) {
      // Auto-mocks of a test are none.
      if (!(value instanceof token) || !Object.isExtensible(this)) return;
      Object.defineProperty(this, slot, { value, configurable: true });
    },
  });
  Inject(token)(prototype, entrance);
  Optional()(prototype, entrance);
}

const OWN_ENTRANCE = Symbol('nestjs-telemetry.inject-meters');
const HUB_ENTRANCE = Symbol('nestjs-telemetry.inject-meters-hub');
