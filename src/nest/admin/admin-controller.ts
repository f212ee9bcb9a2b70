import {
  Controller,
  Get,
  HttpCode,
  Inject,
  Logger,
  Post,
  Put,
  Req,
  UseGuards,
  type Type,
} from '@nestjs/common';
import { instance, isObject, object, positiveMillis, required, string } from '../../config/schema.js';
import type { TracerConfig } from '../../config/tracer-config.js';
import type { TelemetryStatus } from '../../pipeline/telemetry-status.js';
import type { VerifyExportResult } from '../../pipeline/verify-export.js';
import { TracerManager } from '../../tracing/tracer-manager.js';
import { ask, tell } from '../../base/user-function.js';
import { asOwnPage } from '../requests/own-pages.js';
import { jsonBody, optionalJsonBody, orBadRequest, type AdminRequest } from './admin-body.js';
import { changeOf } from './admin-change.js';
import { DEFAULT_ADMIN_PATH, DEFAULT_MAX_BODY_BYTES, type TelemetryAdminOptions } from './admin-options.js';

/** The response to a change of configuration. */
interface ChangeAnswer {
  readonly status: 'reconfigured';
  readonly generation: number;
  readonly changed: readonly string[];
  readonly draining: number;
}

/** Creates the controller class, since path and guards are only known at run time. */
export function adminController(options: TelemetryAdminOptions): Type {
  const logger = new Logger('TelemetryAdmin');
  const log = (line: string): void => {
    tell(
      () => {
        logger.log(line);
      },
      () => undefined,
    );
  };
  const maxBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;

  @Controller(options.path ?? DEFAULT_ADMIN_PATH)
  @UseGuards(...options.guards)
  class TelemetryAdminController {
    constructor(@Inject(TracerManager) private readonly manager: TracerManager) {}

    @Get('status')
    status(): TelemetryStatus {
      return this.manager.status();
    }

    /** Applies a partial configuration, with presets by name. */
    @Put('config')
    async config(@Req() request: AdminRequest): Promise<ChangeAnswer> {
      const body = jsonBody(request, maxBytes);
      const { generation, changed, draining } = await orBadRequest(async () =>
        this.manager.reconfigure(changeOf(body)),
      );
      log(`${who(request)} changed ${list(changed)}; generation ${generation} is live.`);
      return { status: 'reconfigured', generation, changed, draining };
    }

    @Post('flush')
    @HttpCode(200)
    async flush(@Req() request: AdminRequest): Promise<{ readonly status: 'flushed' }> {
      optionalJsonBody(request, maxBytes);
      await this.manager.forceFlush();
      log(`${who(request)} flushed.`);
      return { status: 'flushed' };
    }

    /** Tests the connection, optionally with a partial configuration. */
    @Post('verify')
    @HttpCode(200)
    verify(@Req() request: AdminRequest): Promise<VerifyExportResult> {
      const body = optionalJsonBody(request, maxBytes);
      return orBadRequest(async () => this.manager.verifyExport(changeOf(body)));
    }

    /** Applies a temporary change: `{ change, forMillis, tenant? }`. */
    @Post('override')
    @HttpCode(200)
    async override(
      @Req() request: AdminRequest,
    ): Promise<{ readonly status: 'overridden'; readonly until: Date }> {
      const body = jsonBody(request, maxBytes);
      const { change, tenant, until } = await orBadRequest(async () => {
        const { change, ...options } = overrideOf(body);
        const { until } = await this.manager.override(change, options);
        return { change, tenant: options.tenant, until };
      });
      const whom = tenant === undefined ? 'everybody' : `tenant ${printable(tenant)}`;
      log(`${who(request)} overrode ${list(Object.keys(change))} for ${whom} until ${until.toISOString()}.`);
      return { status: 'overridden', until };
    }
  }

  function who(request: AdminRequest): string {
    return ask(
      () => options.whoami?.(request),
      (name: unknown) => (typeof name === 'string' && name !== '' ? printable(name) : 'An administrator'),
      () => 'An administrator',
    );
  }

  return asOwnPage(TelemetryAdminController);
}

interface OverrideBody {
  readonly change: TracerConfig;
  readonly forMillis: number;
  readonly tenant?: string;
}

/** Validates the body of an override; the change itself is validated when it is applied. */
const overrideShape = object({
  change: required(instance('a partial configuration', isObject)),
  forMillis: required(positiveMillis),
  tenant: string,
});

function overrideOf(body: Record<string, unknown>): OverrideBody {
  overrideShape.assert(body, '');
  const { change, ...options } = body as unknown as OverrideBody & {
    readonly change: Record<string, unknown>;
  };
  return { ...options, change: changeOf(change) };
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.map(printable).join(', ');
}

/** Makes a name from a request printable: one line of limited length, without control characters. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 80);
}
