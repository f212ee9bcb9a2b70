import { FixedAttributes } from '../pipeline/encoding/fixed-attributes.js';
import { methodName } from './http-method.js';
import { routeAttributes, type Addressed } from './server-attributes.js';

/** The most cached addresses per route, since a client can send any number of hosts. */
const MAX_ADDRESSES = 8;
const MAX_KEPT_TEXT = 256;

/** The route and handler of a request, equal for all requests of one handler's route. */
export class RouteMatch {
  private method: string | undefined;
  private named = '';
  private readonly known: { readonly to: Addressed; readonly attributes: FixedAttributes }[] = [];

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

  /**
   * Returns the attributes that the route's requests with this address share; `undefined` if not cached.
   */
  fixedAttributes(to: Addressed): FixedAttributes | undefined {
    const { known } = this;
    for (const each of known) if (isAlike(each.to, to)) return each.attributes;
    // Without a handler, the match belongs to this request alone.
    if (this.functionName === undefined || known.length >= MAX_ADDRESSES || isLong(to)) return undefined;
    const attributes = new FixedAttributes(routeAttributes(to, this));
    known.push({ to, attributes });
    return attributes;
  }
}

function isLong({ method, scheme, host = '' }: Addressed): boolean {
  return method.length + scheme.length + host.length > MAX_KEPT_TEXT;
}

function isAlike(one: Addressed, other: Addressed): boolean {
  return (
    one.method === other.method &&
    one.host === other.host &&
    one.scheme === other.scheme &&
    one.httpVersion === other.httpVersion
  );
}
