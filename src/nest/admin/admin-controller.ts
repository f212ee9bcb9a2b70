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

/** The answer to a change of configuration. */
interface ChangeAnswer {
  readonly status: 'reconfigured';
  readonly generation: number;
  readonly changed: readonly string[];
  readonly draining: number;
}

/** Makes the controller: path and guards are known only now. */
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

    /** A partial configuration, over the current one; presets by name. */
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

    /** An optional partial configuration to try. */
    @Post('verify')
    @HttpCode(200)
    verify(@Req() request: AdminRequest): Promise<VerifyExportResult> {
      const body = optionalJsonBody(request, maxBytes);
      return orBadRequest(async () => this.manager.verifyExport(changeOf(body)));
    }

    /** `{ change, forMillis, tenant? }`. */
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

/** The change itself is checked where it is applied. */
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

/** Names come from requests: one line, no control characters, not endless. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 80);
}
