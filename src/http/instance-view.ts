import type { Pipeline } from '../pipeline/pipeline.js';
import type { HttpOptions } from './http-options.js';
import type { RequestMeter } from '../tracing/request-meter.js';
import { compileQueryRedaction, type QueryRedaction } from '../pipeline/masking/query-redaction.js';
import { compileRouteFilter, type RouteFilter } from './route-filter.js';

/** The part of an instance that the server spans of its requests need. */
export interface InstanceView {
  readonly pipeline: Pipeline;
  /** Absent where the instance traces no requests (`http: false`). */
  readonly http: CompiledHttpOptions | undefined;
  /** Absent while nothing measures requests. */
  readonly requestMeter?: RequestMeter | undefined;
}

/** {@link HttpOptions} with compiled filters. */
export interface CompiledHttpOptions extends HttpOptions {
  readonly covers: RouteFilter;
  /** Filters by the exclusions alone, for paths whose route is not known yet. */
  readonly admits: RouteFilter;
  readonly redact: QueryRedaction;
}

/** Whether its requests have spans now. */
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
