import type { OnApplicationShutdown } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

const HOOKS_OF_A_LATE_HUB = Symbol('nestjs-telemetry.late-hub-hooks');

/**
 * Of a hub that came with a lazy module, whose hooks Nest never runs: its shutdown hook moves to a
 * module that was there before.
 */
export function runHooksOfLateHub(modules: ModulesContainer, hub: OnApplicationShutdown): void {
  const [first] = modules.values();
  first?.addProvider({
    provide: HOOKS_OF_A_LATE_HUB,
    useValue: { onApplicationShutdown: () => hub.onApplicationShutdown() as unknown },
  });
}
