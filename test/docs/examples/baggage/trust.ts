import { TelemetryModule } from 'nestjs-telemetry';

// #region trust
export const telemetry = TelemetryModule.forRoot({
  service: { name: 'shop' },
  baggage: { trust: (request) => request.socket.remoteAddress?.startsWith('10.') === true },
});
// #endregion
