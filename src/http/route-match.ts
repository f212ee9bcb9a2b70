import { methodName } from './http-method.js';

/** The route and handler of a request, equal for all requests of one handler's route. */
export class RouteMatch {
  private method: string | undefined;
  private named = '';

  constructor(
    /** The route template with prefix and version, such as `/v1/orders/:id`. */
    readonly route: string | undefined,
    /** The handler, such as `OrdersController.findOne`. */
    readonly functionName?: string,
    /** The name of the Nest module that registers the controller. */
    readonly moduleName?: string,
  ) {}

  /**
   * Returns the span's name: `{method} {http.route}`, or the method alone. A path would give every client
   * its own name.
   */
  spanName(method: string | undefined): string {
    if (method !== this.method || this.named === '') {
      this.method = method;
      this.named = this.route === undefined ? methodName(method) : `${methodName(method)} ${this.route}`;
    }
    return this.named;
  }
}
