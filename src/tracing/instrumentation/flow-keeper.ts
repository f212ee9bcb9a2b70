import { activeContext, bindContext } from '../../context/flow-context.js';
import { PG_INSTRUMENTATION, UNDICI_INSTRUMENTATION } from './instrumentation.js';
import { loadedModules } from './loaded-modules.js';
import type { HandedModules } from './module-patches.js';
import { clientInFlow, poolInFlow, type DispatchMethod } from './undici-flow.js';

type Prototype = Record<PropertyKey, unknown>;

/** A method to replace, so that its later work stays in its caller's flow. */
interface KeptMethod {
  readonly prototype: Prototype | undefined;
  readonly name: PropertyKey;
  readonly keep: (original: DispatchMethod) => DispatchMethod;
}

interface FlowKeeping {
  /** A package that the instrumentation observes without patching it. */
  readonly watched?: string;
  readonly methods: (exports: unknown) => KeptMethod[];
}

const KEEPING: Readonly<Record<string, FlowKeeping>> = {
  // These methods may call back from another request's context, such as that of the request that released a
  // pooled connection.
  [PG_INSTRUMENTATION]: {
    methods: (exports) => {
      const { client, pool } = prototypesOf(exports);
      return [
        { prototype: client, name: 'query', keep: bindingCallback },
        // `pg.Pool` only passes its options to the class that has the methods.
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
 * Keeps a library's later work in its caller's flow. Instrumentations rely on a global context manager for
 * this, which does not exist here.
 */
export class FlowKeeper {
  private readonly restorers: (() => void)[] = [];

  /**
   * Makes callbacks of a patched library run in the context of their call.
   *
   * @param patched - the modules that the instrumentation patched
   * @param handed - the modules that instances listed
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

  /** Removes the wrappers. Must be called before the instrumentation removes its own, which lie below. */
  revert(): void {
    for (const restore of this.restorers.splice(0)) restore();
  }

  private wrap(prototype: Prototype, name: PropertyKey, keep: KeptMethod['keep']): void {
    const original = prototype[name] as DispatchMethod;
    const bound = keep(original);
    prototype[name] = bound;
    this.restorers.push(() => {
      if (prototype[name] === bound) prototype[name] = original;
    });
  }
}

function bindingCallback(original: DispatchMethod): DispatchMethod {
  return function (...args) {
    const callback = args.at(-1);
    if (typeof callback === 'function')
      args[args.length - 1] = bindContext(activeContext(), callback as DispatchMethod);
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
