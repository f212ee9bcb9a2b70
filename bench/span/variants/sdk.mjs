import { SpanStatusCode } from '@opentelemetry/api';
import { registerSdk } from '../sdk.mjs';
import { serviceClass } from '../service.mjs';

export async function start(options) {
  const { tracer, inRoot, flush } = registerSdk(options);
  const fail = (span, error) => {
    span.recordException(error);
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  };
  const wrappers = {
    add: (original) =>
      function (...args) {
        return tracer.startActiveSpan('PricingService.add', (span) => {
          try {
            return original.apply(this, args);
          } catch (error) {
            return fail(span, error);
          } finally {
            span.end();
          }
        });
      },
    addLater: (original) =>
      function (...args) {
        return tracer.startActiveSpan('PricingService.addLater', async (span) => {
          try {
            return await original.apply(this, args);
          } catch (error) {
            return fail(span, error);
          } finally {
            span.end();
          }
        });
      },
  };
  const Service = serviceClass((method) => (_prototype, _key, descriptor) => ({
    ...descriptor,
    value: wrappers[method](descriptor.value),
  }));
  return { service: new Service(), inRoot, flush };
}
