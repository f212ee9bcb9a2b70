import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import { TelemetryConfigError, TelemetryError } from '../../errors.js';

/** Options of the admin endpoint: its path and its guards. */
export interface TelemetryAdminOptions extends Pick<ModuleMetadata, 'imports'> {
  /**
   * The guards, at least one, since the endpoint controls where telemetry goes. They run before every
   * route, as with `@UseGuards`.
   */
  readonly guards: readonly (Type<CanActivate> | CanActivate)[];
  /** The route below the global prefix; default `admin/telemetry`. */
  readonly path?: string;
  /**
   * Returns the caller's name for the log line of a change; receives the framework's request. Default: no
   * name.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the framework's request
  readonly whoami?: (request: any) => string | undefined;
  /** The largest body, in bytes; default 65,536. */
  readonly maxBodyBytes?: number;
}

export const DEFAULT_ADMIN_PATH = 'admin/telemetry';
export const DEFAULT_MAX_BODY_BYTES = 65_536;

/**
 * Checks the options of the admin module.
 *
 * @throws TelemetryError `TELEMETRY_ADMIN_UNGUARDED` without a guard; TelemetryConfigError for any other
 *   mistake
 */
export function checkAdminOptions(options: TelemetryAdminOptions): void {
  const guards: unknown = (options as TelemetryAdminOptions | undefined)?.guards;
  if (!Array.isArray(guards) || guards.length === 0) {
    throw new TelemetryError(
      'TELEMETRY_ADMIN_UNGUARDED',
      'TelemetryAdminModule changes where telemetry goes, so it does not start without a guard. ' +
        'Pass `guards: [YourAdminGuard]` to `TelemetryAdminModule.register`.',
    );
  }
  guards.forEach((guard: unknown, index) => {
    const isClass =
      typeof guard === 'function' &&
      typeof (guard.prototype as CanActivate | undefined)?.canActivate === 'function';
    const isInstance = typeof (guard as CanActivate | null)?.canActivate === 'function';
    if (isClass || isInstance) return;
    throw new TelemetryConfigError({
      path: `guards[${index}]`,
      expected: 'a guard class or a guard',
      got: guard,
      remedy: 'Pass a class with `canActivate`, or an instance of one.',
    });
  });
}
