import { isSpanContextValid } from '@opentelemetry/api';
import { CLIENT_LIBRARIES, libraryOptions, type ClientLibrary } from '../config/clients-config.js';
import type { FlowContext } from '../context/flow-context.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { ownerOfFlow } from '../tracing/owner-of-flow.js';
import type { TracerManager } from '../tracing/tracer-manager.js';
import type { ClientSource } from './client-source.js';
import { restoreLeftovers } from './patches.js';

/** An instance that records outgoing calls. */
export interface ClientMember {
  readonly pipeline: Pipeline;
  readonly manager: TracerManager;
  /** Preferred for what happens outside of every flow. */
  readonly isGlobal: boolean;
  /** Sources that an official instrumentation, listed by the instance, covers. */
  readonly replaced: ReadonlySet<string>;
}

const members = new Map<object, ClientMember>();
const running = new Map<ClientSource, () => void>();

/**
 * The instance that a call in this context belongs to: the active span's, else the request's. Calls outside
 * of every flow belong to the global or first instance that asks for them.
 */
export function ownerOf(context: FlowContext): ClientMember | undefined {
  if (members.size === 0) return undefined;
  const owner = ownerOfFlow(context);
  if (owner !== undefined) return members.get(owner);
  const { span, flow } = context;
  if (flow?.entry !== undefined) return undefined;
  const traced = span !== undefined && isSpanContextValid(span.spanContext());
  let chosen: ClientMember | undefined;
  for (const member of members.values()) {
    if (chosen === undefined || (member.isGlobal && !chosen.isGlobal)) chosen = member;
  }
  return traced || asksForAll(chosen) ? chosen : undefined;
}

/** An instance's configuration has changed, or it was shut down. */
export function followMember(member: ClientMember, sources: readonly ClientSource[]): void {
  const { current } = member.pipeline;
  if (current?.enabled === true && current.config.clients !== false) members.set(member.pipeline, member);
  else members.delete(member.pipeline);
  subscribe(sources);
}

/** Subscribes what some instance wants and nobody has subscribed, and takes back what none wants any more. */
function subscribe(sources: readonly ClientSource[]): void {
  const wanted = new Set<ClientLibrary>();
  for (const { pipeline } of members.values()) {
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
}

/** Writes a line about a source to the log of an instance that uses it. */
export function complainOf(source: string, message: string): void {
  const [member] = members.values();
  member?.pipeline.log.warn(`clients.${source}`, message);
}

function asksForAll(member: ClientMember | undefined): boolean {
  const clients = member?.pipeline.current?.config.clients;
  return clients !== undefined && clients !== false && clients.outsideFlows === true;
}
