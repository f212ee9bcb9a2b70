import { activeContext, bindContext } from '../../context/flow-context.js';
import { PG_INSTRUMENTATION, UNDICI_INSTRUMENTATION } from './instrumentation.js';
import { loadedModules } from './loaded-modules.js';
import type { HandedModules } from './module-patches.js';
import { clientInFlow, poolInFlow, type Method } from './undici-flow.js';

type Prototype = Record<PropertyKey, unknown>;

/** A method that is replaced, so that what it begins stays in the flow of its caller. */
interface KeptMethod {
  readonly prototype: Prototype | undefined;
  readonly name: PropertyKey;
  readonly keep: (original: Method) => Method;
}

interface FlowKeeping {
  /** A package that the instrumentation watches without patching it. */
  readonly watched?: string;
  readonly methods: (exports: unknown) => KeptMethod[];
}

const KEEPING: Readonly<Record<string, FlowKeeping>> = {
  // They call back on behalf of another request, such as the one that gave a pooled connection back.
  [PG_INSTRUMENTATION]: {
    methods: (exports) => {
      const { client, pool } = prototypesOf(exports);
      return [
        { prototype: client, name: 'query', keep: bindingCallback },
        // `pg.Pool` only passes its options on to the class that has the methods.
        { prototype: ownerOf(pool, 'connect'), name: 'connect', keep: bindingCallback },
      ];
    },
  },
  [UNDICI_INSTRUMENTATION]: {
    watched: 'undici',
    methods: (exports) => {
      const { client, pool } = prototypesOf(exports);
      const name = symbolOf(client, 'dispatch');
      if (name === undefined) return [];
      return [
        { prototype: client, name, keep: clientInFlow },
        { prototype: ownerOf(pool, name), name, keep: poolInFlow },
      ];
    },
  },
};

/**
 * Keeps what a library does later in the flow that asked for it. Instrumentations do this for callbacks
 * through the global context manager, which is not there.
 */
export class FlowKeeper {
  private readonly restorers: (() => void)[] = [];

  /**
   * @param patched - the modules that the instrumentation has patched
   * @param handed - those that instances named
   */
  keep(instrumentationName: string, patched: readonly unknown[], handed: readonly HandedModules[]): void {
    const keeping = KEEPING[instrumentationName];
    if (keeping === undefined) return;
    const { watched } = keeping;
    const modules = [...patched];
    if (watched !== undefined) {
      modules.push(...handed.flatMap(({ [watched]: named }) => named ?? []));
      modules.push(...loadedModules(watched).map(({ exports }) => exports));
    }
    const kept = new Map<Prototype, Set<PropertyKey>>();
    for (const { prototype, name, keep } of modules.flatMap((exports) => keeping.methods(exports))) {
      if (prototype === undefined) continue;
      const names = kept.get(prototype) ?? new Set();
      if (!names.has(name)) this.wrap(prototype, name, keep);
      kept.set(prototype, names.add(name));
    }
  }

  /** Must come before the instrumentation takes its own wrappers back, which are below. */
  revert(): void {
    for (const restore of this.restorers.splice(0)) restore();
  }

  private wrap(prototype: Prototype, name: PropertyKey, keep: KeptMethod['keep']): void {
    const original = prototype[name] as Method;
    const bound = keep(original);
    prototype[name] = bound;
    this.restorers.push(() => {
      if (prototype[name] === bound) prototype[name] = original;
    });
  }
}

function bindingCallback(original: Method): Method {
  return function (...args) {
    const callback = args.at(-1);
    if (typeof callback === 'function')
      args[args.length - 1] = bindContext(activeContext(), callback as Method);
    return original.apply(this, args);
  };
}

function prototypesOf(exports: unknown): Partial<Record<'client' | 'pool', Prototype>> {
  const { Client, Pool } = ((exports as { default?: unknown }).default ?? exports) as Partial<
    Record<'Client' | 'Pool', { prototype: Prototype }>
  >;
  return { ...(Client && { client: Client.prototype }), ...(Pool && { pool: Pool.prototype }) };
}

function ownerOf(prototype: Prototype | undefined, method: PropertyKey): Prototype | undefined {
  let owner: Prototype | null = prototype ?? null;
  while (owner !== null && !Object.hasOwn(owner, method))
    owner = Object.getPrototypeOf(owner) as Prototype | null;
  return owner ?? undefined;
}

function symbolOf(prototype: Prototype | undefined, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(prototype ?? {}).find((symbol) => symbol.description === description);
}
