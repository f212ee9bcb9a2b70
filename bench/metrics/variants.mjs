// What each row adds to the app. Metrics are read once a minute, as by default, by an
// exporter that throws them away.

const discard = {
  export: (_data, done) => done({ code: 0 }),
  forceFlush: async () => {},
  shutdown: async () => {},
};

/** @returns {Promise<{ imports: unknown[], flush: () => Promise<void> }>} */
export async function prepareVariant(variant) {
  switch (variant) {
    case 'bare':
      return { imports: [], flush: async () => {} };
    case 'library':
      return library({ sampler: 0, metrics: false });
    case 'library-metrics':
      return library({ sampler: 0, metrics: { readers: discard } });
    case 'library-tracing':
      return library({ metrics: false });
    case 'library-both':
      return library({ metrics: { readers: discard } });
    case 'instrumentation-http':
      return instrumentationHttp(false);
    case 'instrumentation-http-metrics':
      return instrumentationHttp(true);
    default:
      throw new Error(`no variant ${variant}`);
  }
}

async function library(options) {
  const { MeterManager, TelemetryModule, TracerManager } = await import('nestjs-telemetry');
  const { Module } = await import('@nestjs/common');
  let managers = [];
  class Keep {
    constructor(...injected) {
      managers = injected;
    }
  }
  Reflect.defineMetadata('design:paramtypes', [TracerManager, MeterManager], Keep);
  class KeepModule {}
  Module({ providers: [Keep] })(KeepModule);
  return {
    imports: [
      TelemetryModule.forRoot({ service: { name: 'orders' }, exporter: discard, isGlobal: true, ...options }),
      KeepModule,
    ],
    flush: async () => {
      for (const manager of managers) await manager.forceFlush();
    },
  };
}

/**
 * The official instrumentation, with the conventions of today: spans go nowhere, so that
 * metrics are what differs.
 */
async function instrumentationHttp(withMetrics) {
  process.env.OTEL_SEMCONV_STABILITY_OPT_IN = 'http';
  const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http');
  const { MeterProvider, PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics');
  const instrumentation = new HttpInstrumentation();
  if (!withMetrics) return { imports: [], flush: async () => {} };
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: discard })] });
  instrumentation.setMeterProvider(provider);
  return { imports: [], flush: () => provider.forceFlush() };
}
