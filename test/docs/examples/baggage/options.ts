import { BaggageKeys, TelemetryModule } from 'nestjs-telemetry';

// #region options
export const telemetry = TelemetryModule.forRoot({
  service: { name: 'shop' },
  baggage: {
    headers: { 'x-user-id': BaggageKeys.USER_ID, 'x-request-id': 'request.id' },
    required: ['x-user-id'],
    user: { id: BaggageKeys.USER_ID, 'tenant.id': 'app.tenant' },
    entries: (request) => ({ 'app.client': String(request.headers['x-client'] ?? 'unknown') }),
    intent: { '/chat/*': 'chat', 'POST /orders': 'order' },
    allow: ['app.*'],
    attributes: ['app.tenant', 'app.user.intent'],
    metricAttributes: ['app.plan'],
  },
});
// #endregion
