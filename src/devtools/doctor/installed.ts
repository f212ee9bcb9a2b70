import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The members of a package.json that the checks read. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node?: string };
  readonly scripts?: Readonly<Record<string, string>>;
}

/** The most levels of node_modules to search; deeper ones belong to tools, not to the app. */
const MAX_DEPTH = 3;

export function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/** Returns the version that the app loads, even from a parent folder, as in a workspace. */
export function versionOf(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = readManifest(join(at, 'node_modules', name));
    if (manifest !== undefined) return manifest.version;
    if (dirname(at) === at) return undefined;
  }
}

/** Returns the path and version of every copy of a package below an app. */
export function copiesOf(folder: string, name: string): ReadonlyMap<string, string> {
  const copies = new Map<string, string>();
  const look = (modules: string, depth: number): void => {
    const place = join(modules, name);
    const version = readManifest(place)?.version;
    if (version !== undefined) copies.set(realpathSync(place), version);
    if (depth >= MAX_DEPTH) return;
    for (const found of packagesIn(modules)) {
      const nested = join(modules, found, 'node_modules');
      if (existsSync(nested)) look(nested, depth + 1);
    }
  };
  look(join(folder, 'node_modules'), 0);
  return copies;
}

function packagesIn(modules: string): string[] {
  try {
    return readdirSync(modules).flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name],
    );
  } catch {
    return [];
  }
}

/** Whether a version has one of the given major numbers. */
export function isMajor(version: string, ...majors: readonly number[]): boolean {
  return majors.includes(Number.parseInt(version, 10));
}
