import { TelemetryModule } from 'nestjs-telemetry';

// #region trust
TelemetryModule.forRoot({
  baggage: { trust: (request) => request.socket.remoteAddress?.startsWith('10.') === true },
});
// #endregion
