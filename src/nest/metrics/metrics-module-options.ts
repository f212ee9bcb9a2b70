import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';

/** Options of the scrape page: its route and its guards. */
export interface TelemetryMetricsOptions extends Pick<ModuleMetadata, 'imports'> {
  /** The route below the global prefix; default `metrics`. */
  readonly path?: string;
  /** Guards that run before the page is served, as with `@UseGuards`; default none. */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[];
}
