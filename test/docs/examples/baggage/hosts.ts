import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { TelemetryModule } from 'nestjs-telemetry';

// #region hosts
export const telemetry = TelemetryModule.forRoot({
  service: { name: 'shop' },
  propagation: {
    propagators: ['tracecontext', 'baggage', 'b3'],
    traceHosts: ['*.internal.example', 'localhost:3000'],
    baggageHosts: ['*.internal.example'],
  },
  instrumentations: [new UndiciInstrumentation()],
});
// #endregion
