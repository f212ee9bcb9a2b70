import { SpanKind, type Attributes } from '@opentelemetry/api';
import { activeContext, Flow, FlowContext, runInContext, type Entry } from '../../context/flow-context.js';
import { CONVENTIONS as C } from '../../entries/conventions.js';
import { EntryTrace } from '../../entries/entry-trace.js';
import { isUntracedHandler } from '../metadata/untraced-handlers.js';
import type { Method } from '../like-method.js';
import type { EntryHost } from './entry-host.js';
import { markedMethods, nestInstances, wrapEntryMethods, type EntryMethod } from './nest-instances.js';

/** The metadata key of `@nestjs/schedule`. */
const SCHEDULER_TYPE = 'SCHEDULER_TYPE';

/** The schedule of a job. */
interface Schedule {
  readonly type: 'cron' | 'interval' | 'timeout';
  readonly name: string | undefined;
  readonly expression: string | undefined;
}

/** A tick that is about to call its method. A direct call by other code is not a tick. */
class Tick implements Entry {
  readonly kind = 'schedule';
  readonly subject = undefined;
  readonly excluded = false;
  readonly context: FlowContext = new FlowContext(undefined, new Flow(this, undefined, undefined, undefined));
  taken = false;

  constructor(readonly schedule: Schedule) {}

  fail(): void {
    // The method's entry records errors.
  }
}

/** The functions of `SchedulerOrchestrator` and `SchedulerRegistry` that the library uses. */
interface Orchestrator {
  readonly cronJobs?: Readonly<Record<string, unknown>>;
  readonly intervals?: Readonly<Record<string, unknown>>;
  readonly timeouts?: Readonly<Record<string, unknown>>;
}

/** Runs a tick in its own context, not in that of the code that set its timer. */
function tick(schedule: Schedule, run: () => unknown): unknown {
  return runInContext(new Tick(schedule).context, run);
}

/** Traces the ticks of scheduled jobs, each as a root span. */
export class ScheduledJobs {
  private readonly running = new Map<unknown, number>();

  constructor(private readonly host: EntryHost) {}

  watch(): void {
    let orchestrator: Orchestrator | undefined;
    for (const { instance } of nestInstances(this.host.modules)) {
      if (hasMethods(instance, 'addCron', 'addInterval', 'addTimeout'))
        orchestrator = this.declared(instance);
    }
    if (orchestrator === undefined) return;
    for (const { instance } of nestInstances(this.host.modules)) {
      if (hasMethods(instance, 'addCronJob', 'addInterval', 'addTimeout', 'getCronJobs'))
        this.dynamic(instance, orchestrator);
    }
    wrapEntryMethods(
      this.host.modules,
      this.host.patches,
      (type) => markedMethods(type, SCHEDULER_TYPE),
      (entry) => this.traced(entry),
    );
  }

  /** Wraps jobs of decorators, where a call by a timer can be recognised. */
  private declared(orchestrator: object): Orchestrator {
    const { patches } = this.host;
    patches.replace(orchestrator, 'addCron', (add) => (target, options) => {
      const { cronTime, name } = Object(options) as { cronTime?: unknown; name?: unknown };
      const schedule: Schedule = { type: 'cron', name: asText(name), expression: expressionOf(cronTime) };
      return add.call(orchestrator, ticking(target as Method, schedule), options);
    });
    for (const type of ['interval', 'timeout'] as const) {
      const method = type === 'interval' ? 'addInterval' : 'addTimeout';
      patches.replace(orchestrator, method, (add) => (target, millis, ...rest) => {
        const schedule: Schedule = { type, name: asText(rest[0]), expression: `${String(millis)} ms` };
        return add.call(orchestrator, ticking(target as Method, schedule), millis, ...rest);
      });
    }
    return orchestrator;
  }

  /** Wraps jobs that the app adds while it runs. Declared jobs pass here, too, and are skipped. */
  private dynamic(registry: object, orchestrator: Orchestrator): void {
    const { patches } = this.host;
    patches.replace(registry, 'addCronJob', (add) => (name, job) => {
      if (!Object.hasOwn(orchestrator.cronJobs ?? {}, name as string)) this.dynamicCron(String(name), job);
      return add.call(registry, name, job);
    });
    for (const type of ['interval', 'timeout'] as const) {
      const [method, known] = type === 'interval' ? ['addInterval', 'intervals'] : ['addTimeout', 'timeouts'];
      patches.replace(registry, method, (add) => (name, timer) => {
        if (!Object.hasOwn(orchestrator[known as 'intervals'] ?? {}, name as string))
          this.dynamicTimer(type, String(name), timer);
        return add.call(registry, name, timer);
      });
    }
  }

  private dynamicCron(name: string, job: unknown): void {
    const { fireOnTick, cronTime } = Object(job) as { fireOnTick?: unknown; cronTime?: { source?: unknown } };
    if (typeof fireOnTick !== 'function') return;
    const schedule: Schedule = { type: 'cron', name, expression: expressionOf(cronTime?.source) };
    (job as { fireOnTick: Method }).fireOnTick = this.dynamicTick(fireOnTick as Method, schedule, job);
  }

  /** Wraps the function in a Node timer; other timers, such as faked ones, are left alone. */
  private dynamicTimer(type: 'interval' | 'timeout', name: string, timer: unknown): void {
    const { _onTimeout, _repeat, _idleTimeout } = Object(timer) as Record<string, unknown>;
    if (typeof _onTimeout !== 'function') return;
    const millis = type === 'interval' ? _repeat : _idleTimeout;
    const schedule: Schedule = { type, name, expression: `${String(millis)} ms` };
    (timer as { _onTimeout: Method })._onTimeout = this.dynamicTick(_onTimeout as Method, schedule, timer);
  }

  private dynamicTick(run: Method, schedule: Schedule, owner: unknown): Method {
    const { host } = this;
    const begin = (): EntryTrace | undefined =>
      this.begin(
        schedule,
        { name: schedule.name ?? schedule.type, instance: host.fallback, untraced: false },
        owner,
        [],
      );
    const finished = (): void => {
      this.finished(owner);
    };
    return function (...args) {
      if (!host.active) return run.apply(this, args);
      return tick(schedule, () => {
        const entry = begin();
        return entry === undefined
          ? run.apply(this, args)
          : entry.run(() => untilFinished(() => run.apply(this, args), finished));
      });
    };
  }

  private traced({ type, name, method }: EntryMethod): Method {
    const { host } = this;
    const handler = { name: `${type.name}.${name}`, untraced: isUntracedHandler(type, method) };
    const begin = (schedule: Schedule, args: readonly unknown[]): EntryTrace | undefined =>
      this.begin(schedule, { ...handler, instance: host.instanceOf(type) }, method, args);
    const finished = (): void => {
      this.finished(method);
    };
    return function (...args) {
      const current = activeContext().flow?.entry;
      if (!host.active || !(current instanceof Tick) || current.taken) return method.apply(this, args);
      current.taken = true;
      const entry = begin(current.schedule, args);
      if (entry === undefined) return method.apply(this, args);
      return entry.run(() => untilFinished(() => method.apply(this, args), finished));
    };
  }

  private begin(
    { type, name, expression }: Schedule,
    handler: { name: string; instance: Parameters<typeof EntryTrace.begin>[0]; untraced: boolean },
    key: unknown,
    args: readonly unknown[],
  ): EntryTrace | undefined {
    const attributes: Attributes = { [C.functionName]: handler.name, 'schedule.type': type };
    if (expression !== undefined) attributes['schedule.expression'] = expression;
    if (name !== undefined) attributes['schedule.name'] = name;
    const running = this.running.get(key) ?? 0;
    if (running > 0) attributes['schedule.overlap'] = true;
    const entry = EntryTrace.begin(handler.instance, {
      kind: 'schedule',
      name: handler.name,
      spanKind: SpanKind.INTERNAL,
      pattern: name ?? handler.name,
      handler: handler.name,
      attributes,
      args,
      untraced: handler.untraced,
    });
    if (entry !== undefined) this.running.set(key, running + 1);
    return entry;
  }

  private finished(key: unknown): void {
    const running = (this.running.get(key) ?? 1) - 1;
    if (running > 0) this.running.set(key, running);
    else this.running.delete(key);
  }
}

function ticking(target: Method, schedule: Schedule): Method {
  return function (...args) {
    return tick(schedule, () => target.apply(this, args));
  };
}

/** Counts a tick as running until it returns, or its promise settles. The result is returned unchanged. */
function untilFinished(run: () => unknown, finished: () => void): unknown {
  let isOver = true;
  try {
    const result = run();
    if (result instanceof Promise) {
      isOver = false;
      result.then(finished, finished);
    }
    return result;
  } finally {
    if (isOver) finished();
  }
}

function hasMethods(instance: object, ...names: string[]): boolean {
  try {
    return names.every((name) => typeof Reflect.get(instance, name) === 'function');
  } catch {
    return false;
  }
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function expressionOf(cronTime: unknown): string | undefined {
  if (cronTime instanceof Date) return cronTime.toISOString();
  const iso = Object(cronTime) as { toISO?: () => unknown };
  if (typeof iso.toISO === 'function') return String(iso.toISO());
  return asText(cronTime);
}
