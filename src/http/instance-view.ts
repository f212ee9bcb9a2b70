import type { Pipeline } from '../pipeline/pipeline.js';
import type { HttpOptions } from './http-options.js';
import type { RequestMeter } from '../tracing/request-meter.js';
import { compileQueryRedaction, type QueryRedaction } from '../pipeline/masking/query-redaction.js';
import { compileRouteFilter, type RouteFilter } from './route-filter.js';

/** The part of an instance that server spans need. */
export interface InstanceView {
  readonly pipeline: Pipeline;
  /** The options; absent if the instance traces no requests (`http: false`). */
  readonly http: CompiledHttpOptions | undefined;
  /** The meter; absent while requests are not measured. */
  readonly requestMeter?: RequestMeter | undefined;
}

/** {@link HttpOptions} with compiled filters. */
export interface CompiledHttpOptions extends HttpOptions {
  readonly covers: RouteFilter;
  /** Filters by exclusions alone, for paths whose route is not known yet. */
  readonly admits: RouteFilter;
  readonly redact: QueryRedaction;
}

/** Whether requests of an instance have spans. */
export function tracesRequests(instance: InstanceView | undefined): instance is InstanceView {
  return instance?.http !== undefined && instance.pipeline.current?.enabled === true;
}

export function compileHttpOptions(options: HttpOptions): CompiledHttpOptions {
  return {
    ...options,
    covers: compileRouteFilter(options.include, options.exclude),
    admits: compileRouteFilter(undefined, options.exclude),
    redact: compileQueryRedaction(options.redactQuery ?? []),
  };
}
