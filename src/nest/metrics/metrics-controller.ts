import { Controller, Get, Header, Inject, UseGuards, type Type } from '@nestjs/common';
import { EXPOSITION_TYPE } from '../../metrics/readers/exposition.js';
import { MeterManager } from '../../metrics/meter-manager.js';
import { asOwnPage } from '../requests/own-pages.js';
import type { TelemetryMetricsOptions } from './metrics-module-options.js';

const DEFAULT_PATH = 'metrics';

/** Creates the controller class, since path and guards are only known at run time. */
export function metricsController({ path = DEFAULT_PATH, guards = [] }: TelemetryMetricsOptions): Type {
  @Controller(path)
  @UseGuards(...guards)
  class TelemetryMetricsController {
    constructor(@Inject(MeterManager) private readonly meters: MeterManager) {}

    @Get()
    @Header('content-type', EXPOSITION_TYPE)
    @Header('cache-control', 'no-store')
    page(): Promise<string> {
      return this.meters.scrape();
    }
  }

  return asOwnPage(TelemetryMetricsController);
}
