import { methodName } from './http-method.js';

/**
 * Where a request arrived: what a guard learns about it, or the framework alone. The same for all
 * requests of one handler's route.
 */
export class RouteMatch {
  private method: string | undefined;
  private named = '';

  constructor(
    /** Route template with prefix and version, such as `/v1/orders/:id`. */
    readonly route: string | undefined,
    /** `OrdersController.findOne`. */
    readonly functionName?: string,
    /** Name of the Nest module that registers the controller. */
    readonly moduleName?: string,
  ) {}

  /** `{method} {http.route}`, or the method alone: a path would give each client its own name. */
  spanName(method: string | undefined): string {
    if (method !== this.method || this.named === '') {
      this.method = method;
      this.named = this.route === undefined ? methodName(method) : `${methodName(method)} ${this.route}`;
    }
    return this.named;
  }
}
