import type { Attributes } from '@opentelemetry/api';
import { libraryOptions, type ClientLibrary } from '../../config/clients-config.js';
import { runAsExport } from '../../context/export-context.js';
import type { FlowContext } from '../../context/flow-context.js';
import type { ObservedDefinition } from '../../pipeline/call-meter.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { instanceOfCall } from '../recording-instance.js';
import type { DatabaseServer } from './database-server.js';

const PREFIX = 'db.client.connection.';
const WAIT_TIME = {
  name: `${PREFIX}wait_time`,
  description: 'Time until a pool gave a connection.',
  unit: 's',
  boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
};

/** The state of a pool at one moment; figures that the library does not know are absent. */
export interface PoolFigures {
  readonly used: number;
  readonly idle: number;
  readonly pending?: number | undefined;
  readonly max?: number | undefined;
  readonly idleMax?: number | undefined;
  readonly idleMin?: number | undefined;
}

type Figure = keyof PoolFigures | 'timeouts';

const COUNT = { name: `${PREFIX}count`, unit: '{connection}', description: 'Open connections of a pool.' };
const METRICS: Readonly<Record<Figure, ObservedDefinition & { readonly state?: string }>> = {
  used: { ...COUNT, state: 'used' },
  idle: { ...COUNT, state: 'idle' },
  max: { name: `${PREFIX}max`, unit: '{connection}', description: 'Most connections of a pool.' },
  idleMax: { name: `${PREFIX}idle.max`, unit: '{connection}', description: 'Most idle connections.' },
  idleMin: { name: `${PREFIX}idle.min`, unit: '{connection}', description: 'Fewest idle connections.' },
  pending: { name: `${PREFIX}pending_requests`, unit: '{request}', description: 'Waits for a connection.' },
  timeouts: { name: `${PREFIX}timeouts`, unit: '{timeout}', description: 'Waits given up.', isTotal: true },
};
const DEFINITIONS = Object.values(METRICS).filter(({ state }) => state !== 'idle');

/** The pools of one name, whose figures are added up. */
interface NamedPools {
  readonly library: ClientLibrary;
  readonly attributes: Attributes;
  /** Functions that read one pool each. */
  readonly members: Set<() => PoolFigures | undefined>;
  /** The sum of each reported figure over all pools; zero after the last of these pools is gone. */
  readonly sums: Map<Figure, number>;
}

/** The maximum number of names, and of pools of one name, that are observed for an instance. */
const MAX_POOLS = 100;
const pools = new WeakMap<Pipeline, Map<string, NamedPools>>();
/** The instances that each pool is observed for; a pool is seen with every statement. */
const observers = new WeakMap<object, WeakSet<Pipeline>>();

/** Measures how long a pool took to provide a connection. */
export function measureWait(
  library: ClientLibrary,
  server: DatabaseServer,
  seconds: number,
  context: FlowContext,
): void {
  const callMeter = measuring(library, context)?.callMeter;
  if (callMeter === undefined) return;
  runAsExport(() => {
    callMeter.record(WAIT_TIME, seconds, attributesOf(server));
  });
}

/**
 * Observes a pool for the metrics of the flow's instance. The pool is read when metrics are collected, and is
 * not kept alive.
 *
 * @param figures - returns `undefined` for a closed pool
 * @param hasTimedOut - whether a wait for one of its connections was given up
 */
export function watchPool<P extends object>(
  library: ClientLibrary,
  server: DatabaseServer,
  pool: P,
  figures: (pool: P) => PoolFigures | undefined,
  context: FlowContext,
  hasTimedOut: boolean,
): void {
  const pipeline = measuring(library, context);
  const seenBy = observers.get(pool) ?? new WeakSet();
  if (pipeline === undefined) return;
  const isNew = !seenBy.has(pipeline);
  if (!isNew && !hasTimedOut) return;
  observers.set(pool, seenBy.add(pipeline));
  const names = pools.get(pipeline) ?? observed(pipeline);
  const attributes = attributesOf(server);
  const key = Object.values(attributes).join(' ');
  const named: NamedPools = names.get(key) ?? { library, attributes, members: new Set(), sums: new Map() };
  if (names.size < MAX_POOLS) names.set(key, named);
  if (isNew && named.members.size < MAX_POOLS) {
    const reference = new WeakRef(pool);
    named.members.add(() => {
      const alive = reference.deref();
      return alive && figures(alive);
    });
  }
  if (!named.sums.has('timeouts') || hasTimedOut)
    named.sums.set('timeouts', (named.sums.get('timeouts') ?? 0) + Number(hasTimedOut));
}

function measuring(library: ClientLibrary, context: FlowContext): Pipeline | undefined {
  const pipeline = instanceOfCall(context)?.pipeline;
  return pipeline?.callMeter?.enabled === true && isOn(pipeline, library) ? pipeline : undefined;
}

function isOn({ current }: Pipeline, library: ClientLibrary): boolean {
  return libraryOptions(current?.config.clients ?? {}, library) !== undefined;
}

function attributesOf({ system, address, port, namespace }: DatabaseServer): Attributes {
  const name = `${address ?? 'localhost'}:${port ?? ''}/${namespace ?? ''}`;
  return { 'db.system.name': system, [`${PREFIX}pool.name`]: name };
}

function observed(pipeline: Pipeline): Map<string, NamedPools> {
  const names = new Map<string, NamedPools>();
  pools.set(pipeline, names);
  pipeline.callMeter?.observe(DEFINITIONS, (tell) => {
    for (const named of names.values()) {
      addUp(named, isOn(pipeline, named.library));
      for (const [figure, value] of named.sums) {
        const { name, state } = METRICS[figure];
        tell(name, value, { ...named.attributes, ...(state && { [`${PREFIX}state`]: state }) });
      }
    }
  });
  return names;
}

function addUp({ members, sums }: NamedPools, isRead: boolean): void {
  for (const figure of sums.keys()) if (figure !== 'timeouts') sums.set(figure, 0);
  for (const read of members) {
    const figures = read();
    if (figures === undefined) members.delete(read);
    if (figures === undefined || !isRead) continue;
    for (const [figure, value] of Object.entries(figures) as [Figure, number | undefined][])
      if (value !== undefined) sums.set(figure, (sums.get(figure) ?? 0) + value);
  }
}
