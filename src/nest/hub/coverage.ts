import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { TELEMETRY_FEATURE_ID, TELEMETRY_INSTANCE_ID, TELEMETRY_SCRAPE_ID } from '../metadata/tokens.js';

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never;

/** Matches modules of Nest and of this library, which contain no app code. */
const LIBRARY_MODULE = /^(Telemetry\w*|InternalCoreModule)$/;

/** Finds the instance that covers a controller class, or a provider such as a GraphQL resolver. */
export interface ControllerCoverage {
  readonly instance: symbol | undefined;
  readonly moduleName: string;
}

/**
 * Finds the instance that covers each part of an app. It reads only the modules' imports, so the result is
 * known before any instance is built.
 *
 * A module is covered by the instance that it imports, directly or through a module that exports it;
 * otherwise by the global instance, else by the root module's.
 */
export class Coverage {
  /** The instance for requests that match no route: the app-wide instance, else the only one. */
  readonly fallback: symbol | undefined;
  private readonly controllers = new Map<unknown, ControllerCoverage | undefined>();
  private readonly instanceModules = new Map<NestModule, symbol>();
  /** The instance for classes without a nearer one: the global instance, else the root module's. */
  readonly appWide: symbol | undefined;

  constructor(private readonly modules: ModulesContainer) {
    let globalId: symbol | undefined;
    for (const module of modules.values()) {
      const id = valueOf(module, TELEMETRY_INSTANCE_ID);
      if (id === undefined) continue;
      this.instanceModules.set(module, id);
      if (module.isGlobal) globalId ??= id;
    }
    this.appWide = globalId ?? this.ofRoot(rootModule(modules));
    const [first] = this.instanceModules.values();
    this.fallback = this.appWide ?? (this.instanceModules.size === 1 ? first : undefined);
    for (const module of modules.values()) {
      for (const { metatype } of module.controllers.values()) {
        if (!this.controllers.has(metatype)) this.note(metatype, module);
      }
    }
  }

  /** Returns every instance of the app, built or not. */
  get instances(): Iterable<symbol> {
    return this.instanceModules.values();
  }

  controller(type: Type): ControllerCoverage | undefined {
    if (!this.controllers.has(type)) {
      const module = [...this.modules.values()].find(({ providers }) => providers.has(type));
      this.note(type, module);
    }
    return this.controllers.get(type);
  }

  /** Returns the names of the modules that an instance covers, without the library's own. */
  modulesOf(instance: symbol | undefined): string[] {
    const covered = [...this.modules.values()].filter(
      (module) => !LIBRARY_MODULE.test(module.name) && (this.of(module) ?? this.fallback) === instance,
    );
    return [...new Set(covered.map(({ name }) => name))].sort();
  }

  private note(type: unknown, module: NestModule | undefined): void {
    this.controllers.set(type, module && { instance: this.of(module), moduleName: module.name });
  }

  /** Returns the instance that covers the importer of a `forFeature` module. */
  ofFeature(feature: symbol): symbol | undefined {
    const modules = [...this.modules.values()];
    const host = modules.find((module) => valueOf(module, TELEMETRY_FEATURE_ID) === feature);
    const importer = modules.find((module) => host !== undefined && module.imports.has(host));
    return importer && (this.of(importer) ?? this.fallback);
  }

  /**
   * Whether a scrape page shows the metrics of an instance, so that its first reader is made for the page.
   */
  isScraped(instance: symbol): boolean {
    return [...this.modules.values()].some((module) => {
      const feature = valueOf(module, TELEMETRY_SCRAPE_ID);
      return feature !== undefined && this.ofFeature(feature) === instance;
    });
  }

  /**
   * Returns the names of modules that import several instances; only the first one covers them. Global
   * instances do not count, since they are in every module's imports.
   */
  overlaps(): string[] {
    const modules = [...this.modules.values()].filter((module) => {
      const own = [...module.imports].filter(
        (imported) => this.instanceModules.has(imported) && !imported.isGlobal,
      );
      return own.length > 1;
    });
    const globals = [...this.instanceModules.keys()].filter(({ isGlobal }) => isGlobal);
    return [...(globals.length > 1 ? ['The app, with `isGlobal`,'] : []), ...modules.map(({ name }) => name)];
  }

  /** Adds a value to the providers of an instance's module, for modules that import it later. */
  provide(instance: symbol, token: string | Type, value: unknown): void {
    for (const [module, id] of this.instanceModules) {
      if (id !== instance || module.providers.has(token)) continue;
      module.addProvider({ provide: token, useValue: value });
      module.addExportedProviderOrModule(token);
    }
  }

  private of(module: NestModule): symbol | undefined {
    return this.imported(module) ?? this.appWide;
  }

  /**
   * Returns the instance of the root module. A testing module only wraps the app's root module, which it
   * imports.
   */
  private ofRoot(root: NestModule | undefined): symbol | undefined {
    const id = root && this.imported(root);
    if (id !== undefined || root?.name !== 'RootTestModule') return id;
    for (const module of root.imports) {
      const ofApp = this.imported(module);
      if (ofApp !== undefined) return ofApp;
    }
    return undefined;
  }

  /**
   * Returns the nearest imported instance. Nest adds global modules to every module's imports, so others
   * come first.
   */
  private imported(module: NestModule): symbol | undefined {
    const imports = [...module.imports];
    const own = imports.find((imported) => this.instanceModules.has(imported) && !imported.isGlobal);
    if (own !== undefined) return this.instanceModules.get(own);
    const seen = new Set([module]);
    for (const imported of imports) {
      const exported = this.exported(imported, seen);
      if (exported !== undefined) return exported;
    }
    return this.instanceModules.get(
      imports.find((imported) => this.instanceModules.has(imported)) as NestModule,
    );
  }

  /** Returns the instance that a module exports to its importers. */
  private exported(module: NestModule, seen: Set<NestModule>): symbol | undefined {
    if (seen.has(module)) return undefined;
    seen.add(module);
    for (const inner of module.imports) {
      if (inner.isGlobal || !module.exports.has(inner.metatype)) continue;
      const id = this.instanceModules.get(inner) ?? this.exported(inner, seen);
      if (id !== undefined) return id;
    }
    return undefined;
  }
}

function valueOf(module: NestModule, token: symbol): symbol | undefined {
  return module.providers.get(token)?.instance as symbol | undefined;
}

/**
 * Returns the module that the app was created from: the first one that Nest scanned after its own core
 * module.
 */
function rootModule(modules: ModulesContainer): NestModule | undefined {
  for (const module of modules.values()) {
    if (module.name !== 'InternalCoreModule') return module;
  }
  return undefined;
}
