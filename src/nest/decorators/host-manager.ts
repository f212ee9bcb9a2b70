import { Inject, Optional } from '@nestjs/common';
import { TracerManager } from '../../tracing/tracer-manager.js';
import { activeTracerManager } from '../active-tracer-manager.js';
import { TelemetryHub } from '../telemetry-hub.js';

const OWN = Symbol('nestjs-telemetry.manager');
const HUB = Symbol('nestjs-telemetry.hub');

/** What Nest has put into an instance of a class with decorated methods. */
interface Host {
  readonly [OWN]?: TracerManager;
  readonly [HUB]?: TelemetryHub;
}

/** Has Nest hand the module's manager to every instance of the class. */
export function injectManager(prototype: object): void {
  // Static methods belong to no module.
  if (typeof prototype === 'function') return;
  injectHidden(prototype, TracerManager, OWN);
  injectHidden(prototype, TelemetryHub, HUB);
}

/**
 * The manager that spans of an object belong to: its module's, else that of the instance which covers whatever no nearer one does,
 * else, where Nest did not build the object, the active flow's.
 */
export function managerFor(host: unknown): TracerManager | undefined {
  if (typeof host !== 'object' || host === null) return activeTracerManager();
  const own = (host as Host)[OWN];
  if (own !== undefined) return own;
  return (host as Host)[HUB]?.managerOfTheRest ?? activeTracerManager();
}

/**
 * Injects a property that nobody sees: instances stay equal to those of plain `new`, and a frozen one does without.
 */
function injectHidden(
  prototype: object,
  token: typeof TracerManager | typeof TelemetryHub,
  slot: typeof OWN | typeof HUB,
): void {
  const entrance = slot === OWN ? OWN_ENTRANCE : HUB_ENTRANCE;
  if (Object.hasOwn(prototype, entrance)) return;
  Object.defineProperty(prototype, entrance, {
    configurable: true,
    set(this: object, value: unknown) {
      // Auto-mocks of a test are no managers.
      if (!(value instanceof token) || !Object.isExtensible(this)) return;
      Object.defineProperty(this, slot, { value, configurable: true });
    },
  });
  Inject(token)(prototype, entrance);
  Optional()(prototype, entrance);
}

const OWN_ENTRANCE = Symbol('nestjs-telemetry.inject-manager');
const HUB_ENTRANCE = Symbol('nestjs-telemetry.inject-hub');
