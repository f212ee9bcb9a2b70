import type { ClientLibrary } from '../config/clients-config.js';
import { loadedModules } from '../tracing/instrumentation/loaded-modules.js';
import { guard } from './channel.js';
import type { ClientSource } from './client-source.js';
import { onModuleLoad } from './module-loads.js';
import { Patches } from './patches.js';

/** A library without a diagnostics channel, whose classes are wrapped. */
export interface WrappedLibrary<L extends ClientLibrary> {
  /** The name of the package. */
  readonly name: string;
  readonly library: L;
  /** Returns the classes to wrap among a package's exports. */
  classesOf(exports: object): readonly unknown[];
  /** Returns the classes to wrap behind an object of the app; none for objects of other libraries. */
  classesBehind(instance: object): readonly unknown[];
  /** Wraps methods of a class. */
  wrap(patches: Patches, prototype: object): void;
}

/** The most remembered classes of a library: a few for each copy of it. */
const MAX_KNOWN = 40;

/**
 * Wraps a library wherever it is found: among loaded modules, now or later, and behind objects of the app,
 * its only trace in a bundle. Nothing is loaded for this.
 */
export class WrappedSource<L extends ClientLibrary> implements ClientSource {
  readonly name: string;
  readonly library: L;
  private readonly adopted = new Set<unknown>();
  private wrapped = new WeakSet<object>();
  private patches: Patches | undefined;

  constructor(private readonly definition: WrappedLibrary<L>) {
    this.name = definition.name;
    this.library = definition.library;
  }

  start(): () => void {
    const patches = (this.patches = new Patches());
    this.wrapped = new WeakSet();
    this.look();
    this.wrap(this.adopted);
    const ignoreLoads = onModuleLoad((requested) => {
      if (requested.includes(this.name)) this.look();
    });
    return () => {
      this.patches = undefined;
      ignoreLoads();
      patches.restore();
    };
  }

  adopt(instances: Iterable<object>): void {
    for (const instance of instances) {
      if (this.adopted.size >= MAX_KNOWN) return;
      for (const found of guard(this.name, () => this.definition.classesBehind(instance)) ?? []) {
        this.adopted.add(found);
      }
    }
    this.wrap(this.adopted);
  }

  private look(): void {
    for (const { exports } of loadedModules(this.name)) {
      if (typeof exports === 'function' || (typeof exports === 'object' && exports !== null))
        this.wrap(this.definition.classesOf(exports));
    }
  }

  private wrap(classes: Iterable<unknown>): void {
    const { patches } = this;
    if (patches === undefined) return;
    for (const found of classes) {
      const { prototype } = Object(found) as { readonly prototype?: unknown };
      if (typeof prototype !== 'object' || prototype === null || this.wrapped.has(prototype)) continue;
      this.wrapped.add(prototype);
      guard(this.name, () => {
        this.definition.wrap(patches, prototype);
      });
    }
  }
}
