import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { TelemetryHub } from './telemetry-hub.js';
import { admitRequest, servedIn } from '../requests/admit-request.js';

/**
 * Asks for the headers that `baggage.required` names, and adds to the baggage what `request.user`,
 * `baggage.entries` and `baggage.intent` tell. Headers themselves are read before any guard.
 *
 * It runs for everything that the instance covers, after the global guards. To have it run after a
 * controller's own, place it there: `@UseGuards(AuthGuard, BaggageGuard)`. Running twice changes nothing.
 */
@Injectable()
export class BaggageGuard implements CanActivate {
  /** @internal */
  constructor(@Inject(TelemetryHub) private readonly hub: TelemetryHub) {}

  /** Admits the request, or answers 400 where a header of `baggage.required` is missing. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return admitRequest(this.hub.instanceOf(context.getClass())?.baggageEntries, servedIn(context));
  }
}
