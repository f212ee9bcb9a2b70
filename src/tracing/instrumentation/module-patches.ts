import { isBuiltin, syncBuiltinESMExports } from 'node:module';
import type { Instrumentation, InstrumentedModule } from './instrumentation.js';
import { isSupportedVersion, loadedModules } from './loaded-modules.js';

/** Modules by the name that an instrumentation uses for them. */
export type HandedModules = Readonly<Record<string, unknown>>;

interface Patch {
  readonly definition: InstrumentedModule;
  readonly exports: unknown;
  readonly version: string | undefined;
}

/**
 * Applies an instrumentation's patches to modules that are already loaded: modules from the options, Node's
 * own, and CommonJS packages. The instrumentation itself only sees modules that are required later.
 */
export class ModulePatches {
  private readonly patches: Patch[] = [];
  /** Whether no module was found that the instrumentation can patch. */
  isEmpty = true;

  /** @param onError - receives the error for each module that cannot be patched */
  constructor(
    private readonly instrumentation: Instrumentation,
    private readonly onError: (moduleName: string, error: unknown) => void,
  ) {}

  /** Returns the modules that are currently patched. */
  modules(): unknown[] {
    return this.patches.map(({ exports }) => exports);
  }

  /** Returns the names of the modules that the instrumentation can patch. */
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

  /** Removes the patches that the instrumentation has left behind. */
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

/**
 * Whether a module is patched. Instrumentations complain on the console if they unwrap an unpatched one.
 */
function isWrapped(exports: unknown): boolean {
  const places = [exports, at(exports, 'default'), at(exports, 'Client')];
  return [...places, ...places.map((place) => at(place, 'prototype'))].some(
    (place) =>
      isObject(place) &&
      Object.getOwnPropertyNames(place).some((name) => at(at(place, name), '__wrapped') === true),
  );
}

/**
 * Reads a plain property. Getters are skipped, since some of Node's modules print deprecation warnings in
 * them.
 */
function at(value: unknown, name: string): unknown {
  return isObject(value) ? (Object.getOwnPropertyDescriptor(value, name)?.value as unknown) : undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
