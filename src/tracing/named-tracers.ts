import type { Attributes } from '@opentelemetry/api';
import { LIBRARY_SCOPE } from '../base/version.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { InstanceTracer } from './instance-tracer.js';

/** The most tracer names that are cached. */
const MAX_TRACERS = 1000;

/** The tracers of one module, by instrumentation scope. */
export class NamedTracers {
  private readonly tracers = new Map<string, InstanceTracer>();

  constructor(
    private readonly pipeline: Pipeline,
    private readonly attributes: Attributes | undefined,
  ) {}

  /**
   * Returns the tracer of an instrumentation scope.
   *
   * @param name - the instrumentation scope; default: the library's own
   */
  get(name?: string, version?: string): InstanceTracer {
    const scope = name === undefined ? LIBRARY_SCOPE : version === undefined ? { name } : { name, version };
    const key = `${scope.name}@${version ?? ''}`;
    let tracer = this.tracers.get(key);
    if (tracer === undefined) {
      tracer = new InstanceTracer(this.pipeline, scope, this.attributes);
      if (this.tracers.size < MAX_TRACERS) this.tracers.set(key, tracer);
    }
    return tracer;
  }
}
