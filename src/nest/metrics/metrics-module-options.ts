import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';

/** Where the scrape page is, and who may read it. */
export interface TelemetryMetricsOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Route below the global prefix; default `metrics`. */
  readonly path?: string;
  /** Each runs before the page is made, as with `@UseGuards`; default none. */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[];
}
