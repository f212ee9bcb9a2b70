import { isSpanContextValid } from '@opentelemetry/api';
import { CLIENT_LIBRARIES, libraryOptions, type ClientLibrary } from '../config/clients-config.js';
import type { FlowContext } from '../context/flow-context.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { pipelineOfFlow } from '../tracing/pipeline-of-flow.js';
import type { TracerManager } from '../tracing/tracer-manager.js';
import type { ClientSource } from './client-source.js';
import { endUnfinishedCalls } from './open-calls.js';
import { restoreLeftovers } from './patches.js';

/** An instance that records outgoing calls. */
export interface RecordingInstance {
  readonly pipeline: Pipeline;
  readonly manager: TracerManager;
  /** Whether the instance is preferred outside of every flow. */
  readonly isGlobal: boolean;
  /** Sources that are replaced by an official instrumentation which the instance lists. */
  readonly replaced: ReadonlySet<string>;
}

const instances = new Map<object, RecordingInstance>();
const running = new Map<ClientSource, () => void>();

/**
 * Returns the instance of a call: the active span's, else the request's. Calls outside of every flow belong
 * to the global or first instance that asks for them.
 */
export function instanceOfCall(context: FlowContext): RecordingInstance | undefined {
  if (instances.size === 0) return undefined;
  const own = pipelineOfFlow(context);
  if (own !== undefined) return instances.get(own);
  const { span, flow } = context;
  if (flow?.entry !== undefined) return undefined;
  const traced = span !== undefined && isSpanContextValid(span.spanContext());
  let chosen: RecordingInstance | undefined;
  for (const instance of instances.values()) {
    if (chosen === undefined || (instance.isGlobal && !chosen.isGlobal)) chosen = instance;
  }
  return traced || asksForAll(chosen) ? chosen : undefined;
}

/** Called when an instance's configuration has changed, or when it was shut down. */
export function followInstance(instance: RecordingInstance, sources: readonly ClientSource[]): void {
  const { current } = instance.pipeline;
  if (current?.enabled === true && current.config.clients !== false)
    instances.set(instance.pipeline, instance);
  else instances.delete(instance.pipeline);
  subscribe(sources);
}

/** Subscribes to the sources that any instance wants, and unsubscribes from all others. */
function subscribe(sources: readonly ClientSource[]): void {
  const wanted = new Set<ClientLibrary>();
  for (const { pipeline } of instances.values()) {
    const { clients = {} } = pipeline.current?.config ?? { clients: false };
    for (const library of CLIENT_LIBRARIES) {
      if (libraryOptions(clients, library) !== undefined) wanted.add(library);
    }
  }
  for (const source of sources) {
    const stop = running.get(source);
    if (wanted.has(source.library) === (stop !== undefined)) continue;
    if (stop === undefined) running.set(source, source.start());
    else {
      running.delete(source);
      stop();
    }
  }
  restoreLeftovers();
  endUnfinishedCalls(({ instance, library }) => !wanted.has(library) || !instances.has(instance.pipeline));
}

/** Logs a message about a source in an instance that uses it. */
export function complainOf(source: string, message: string): void {
  const [instance] = instances.values();
  instance?.pipeline.log.warn(`clients.${source}`, message);
}

function asksForAll(instance: RecordingInstance | undefined): boolean {
  const clients = instance?.pipeline.current?.config.clients;
  return clients !== undefined && clients !== false && clients.outsideFlows === true;
}
