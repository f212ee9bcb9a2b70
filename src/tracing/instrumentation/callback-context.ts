import { activeContext, bindContext } from '../../context/flow-context.js';
import { PG_INSTRUMENTATION } from './instrumentation.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Prototype = Record<string, unknown>;

/** Methods that call back on behalf of another request, such as the one that gave a pooled connection back. */
const CALLERS_BACK: Readonly<Record<string, (exports: unknown) => [Prototype, string][]>> = {
  [PG_INSTRUMENTATION]: (exports) => {
    const { Client, Pool } = ((exports as { default?: unknown }).default ?? exports) as {
      Client?: { prototype: Prototype };
      Pool?: { prototype: Prototype };
    };
    const methods: [Prototype, string][] = [];
    if (Client !== undefined) methods.push([Client.prototype, 'query']);
    // `pg.Pool` only passes its options on to the class that has the methods.
    const pool = Pool === undefined ? undefined : ownerOf(Pool.prototype, 'connect');
    if (pool !== undefined) methods.push([pool, 'connect']);
    return methods;
  },
};

/**
 * Makes callbacks run in the flow that handed them in. Instrumentations do this through the global context manager, which is
 * not there.
 */
export class CallbackContext {
  private readonly restorers: (() => void)[] = [];

  bind(instrumentationName: string, modules: readonly unknown[]): void {
    const methodsOf = CALLERS_BACK[instrumentationName];
    if (methodsOf === undefined) return;
    const bound = new Map<Prototype, Set<string>>();
    for (const [prototype, name] of modules.flatMap(methodsOf)) {
      const names = bound.get(prototype) ?? new Set();
      if (!names.has(name)) this.wrap(prototype, name);
      bound.set(prototype, names.add(name));
    }
  }

  /** Must come before the instrumentation takes its own wrappers back, which are below. */
  revert(): void {
    for (const restore of this.restorers.splice(0)) restore();
  }

  private wrap(prototype: Prototype, name: string): void {
    const original = prototype[name] as Method;
    const bound: Method = function (...args) {
      const callback = args.at(-1);
      if (typeof callback === 'function')
        args[args.length - 1] = bindContext(activeContext(), callback as Method);
      return original.apply(this, args);
    };
    prototype[name] = bound;
    this.restorers.push(() => {
      if (prototype[name] === bound) prototype[name] = original;
    });
  }
}

function ownerOf(prototype: Prototype, method: string): Prototype | undefined {
  let owner: Prototype | null = prototype;
  while (owner !== null && !Object.hasOwn(owner, method))
    owner = Object.getPrototypeOf(owner) as Prototype | null;
  return owner ?? undefined;
}
