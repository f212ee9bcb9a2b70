import type { OnApplicationShutdown } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

const HOOKS_OF_A_LATE_HUB = Symbol('nestjs-telemetry.late-hub-hooks');

/**
 * Moves the shutdown hook of a hub in a lazy module to an older module, since Nest never runs hooks of lazy
 * modules.
 */
export function runHooksOfLateHub(modules: ModulesContainer, hub: OnApplicationShutdown): void {
  const [first] = modules.values();
  first?.addProvider({
    provide: HOOKS_OF_A_LATE_HUB,
    useValue: { onApplicationShutdown: () => hub.onApplicationShutdown() as unknown },
  });
}
