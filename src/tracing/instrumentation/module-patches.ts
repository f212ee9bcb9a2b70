import { isBuiltin, syncBuiltinESMExports } from 'node:module';
import type { Instrumentation, InstrumentedModule } from './instrumentation.js';
import { isSupportedVersion, loadedModules } from './loaded-modules.js';

/** Modules by the name that an instrumentation knows them by. */
export type HandedModules = Readonly<Record<string, unknown>>;

interface Patch {
  readonly definition: InstrumentedModule;
  readonly exports: unknown;
  readonly version: string | undefined;
}

/**
 * Applies an instrumentation's patches to modules that are there already: those that were handed in, Node's
 * own, and CommonJS packages that are loaded. Its own hooks see only what is required later.
 */
export class ModulePatches {
  private readonly patches: Patch[] = [];
  /** Whether nothing that the instrumentation is made for was found. */
  isEmpty = true;

  /** @param onError - told of a module that cannot be patched */
  constructor(
    private readonly instrumentation: Instrumentation,
    private readonly onError: (moduleName: string, error: unknown) => void,
  ) {}

  /** The modules that are patched now. */
  modules(): unknown[] {
    return this.patches.map(({ exports }) => exports);
  }

  /** Names of the modules that the instrumentation is made for. */
  wanted(): string[] {
    return (this.instrumentation.getModuleDefinitions?.() ?? []).map(({ name }) => name);
  }

  patchModules(handed: HandedModules): void {
    for (const definition of this.instrumentation.getModuleDefinitions?.() ?? []) {
      this.applyTo(definition, handed[definition.name]);
      for (const file of definition.files ?? []) this.applyTo(file, undefined);
    }
    syncBuiltinESMExports();
  }

  /** Takes back what the instrumentation has not taken back itself. */
  revert(): void {
    for (const { definition, exports, version } of this.patches.splice(0)) {
      if (!isWrapped(exports)) continue;
      try {
        definition.unpatch?.(exports, version);
      } catch (error) {
        this.onError(definition.name, error);
      }
    }
    syncBuiltinESMExports();
  }

  private applyTo(definition: InstrumentedModule, handed: unknown): void {
    if (handed !== undefined && handed !== null) {
      this.patch(definition, handed, undefined);
    } else if (isBuiltin(definition.name)) {
      this.patch(definition, process.getBuiltinModule(definition.name), process.versions.node);
    } else {
      for (const { exports, version } of loadedModules(definition.name)) {
        if (isSupportedVersion(version, definition.supportedVersions))
          this.patch(definition, exports, version);
      }
    }
  }

  private patch(definition: InstrumentedModule, exports: unknown, version: string | undefined): void {
    if (definition.patch === undefined || this.patches.some((patch) => patch.exports === exports)) return;
    this.isEmpty = false;
    try {
      definition.patch(exports, version);
      this.patches.push({ definition, exports, version });
    } catch (error) {
      this.onError(definition.name, error);
    }
  }
}

/** Unwrapping what is not wrapped makes instrumentations complain on the console. */
function isWrapped(exports: unknown): boolean {
  const places = [exports, at(exports, 'default'), at(exports, 'Client')];
  return [...places, ...places.map((place) => at(place, 'prototype'))].some(
    (place) =>
      isObject(place) &&
      Object.getOwnPropertyNames(place).some((name) => at(at(place, name), '__wrapped') === true),
  );
}

/** A plain property: getters of Node's modules may print deprecations. */
function at(value: unknown, name: string): unknown {
  return isObject(value) ? (Object.getOwnPropertyDescriptor(value, name)?.value as unknown) : undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
