/**
 * A service with one synchronous and one asynchronous method, small enough for the tracing around
 * it to be what is measured.
 *
 * @param {(method: string) => MethodDecorator | undefined} decorator
 */
export function serviceClass(decorator = () => undefined) {
  class PricingService {
    add(a, b) {
      return a + b;
    }

    async addLater(a, b) {
      return a + b;
    }
  }
  for (const method of ['add', 'addLater']) {
    const decorate = decorator(method);
    if (decorate === undefined) continue;
    const descriptor = Object.getOwnPropertyDescriptor(PricingService.prototype, method);
    Object.defineProperty(
      PricingService.prototype,
      method,
      decorate(PricingService.prototype, method, descriptor) ?? descriptor,
    );
  }
  return PricingService;
}
