import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';
import type { FrameworkPatches } from './framework-patches.js';

/** The part of an app's hub that entry watchers need. */
export interface EntryHost {
  /** Whether any instance is enabled. If none is, an entry costs only this check. */
  readonly active: boolean;
  /** Whether the app has begun to close, so that work which is cut off now was not left by its client. */
  readonly closing: boolean;
  readonly modules: ModulesContainer;
  readonly patches: FrameworkPatches;
  /** The instance for entries whose handler has no nearer one. */
  readonly fallback: TelemetryInstance | undefined;
  /** Returns the instance that covers a controller, gateway, resolver or provider. */
  instanceOf(type: Type): TelemetryInstance | undefined;
  /** Returns the instance of the running flow, or `otherwise` outside of every flow of this app. */
  instanceOfFlow(otherwise: TelemetryInstance | undefined): TelemetryInstance | undefined;
}
