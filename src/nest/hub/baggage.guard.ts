import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { TelemetryHub } from './telemetry-hub.js';
import { admitRequest, servedIn } from '../requests/admit-request.js';

/**
 * Requires the headers in `baggage.required`, and adds the entries of `request.user`, `baggage.entries` and
 * `baggage.intent`. Mapped headers are read before any guard.
 *
 * The guard runs for everything that the instance covers, after the global guards. To run it after a
 * controller's own guard, place it there: `@UseGuards(AuthGuard, BaggageGuard)`. A second run has no
 * effect.
 */
@Injectable()
export class BaggageGuard implements CanActivate {
  /** @internal */
  constructor(@Inject(TelemetryHub) private readonly hub: TelemetryHub) {}

  /** Admits the request, or responds with 400 if a header of `baggage.required` is missing. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return admitRequest(this.hub.instanceOf(context.getClass())?.baggageEntries, servedIn(context));
  }
}
