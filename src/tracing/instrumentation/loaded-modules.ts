import { readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { nodeRequire } from '../../base/node-require.js';

/** A loaded CommonJS module, of one copy of its package. */
export interface LoadedModule {
  readonly exports: unknown;
  readonly version: string | undefined;
}

const { cache } = nodeRequire;

/**
 * Finds the loaded copies of a package (`pg`), or of a file in it (`pg/lib/client.js`).
 *
 * @returns one module for each installed and loaded copy
 */
export function loadedModules(name: string): LoadedModule[] {
  const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  const marker = `${sep}node_modules${sep}${packageName.replaceAll('/', sep)}${sep}`;
  const file = name === packageName ? undefined : name.slice(packageName.length + 1).replaceAll('/', sep);
  const found: LoadedModule[] = [];
  for (const filename of Object.keys(cache)) {
    const at = filename.lastIndexOf(marker);
    if (at === -1) continue;
    const directory = filename.slice(0, at + marker.length);
    const inside = filename.slice(directory.length);
    if (inside.includes(`node_modules${sep}`)) continue;
    if (file !== undefined && inside !== file) continue;
    const manifest = manifestOf(directory);
    if (file === undefined && !isMain(inside, manifest.main)) continue;
    found.push({ exports: cache[filename]?.exports, version: manifest.version });
  }
  return found;
}

interface Manifest {
  readonly main?: string;
  readonly version?: string;
}

function manifestOf(directory: string): Manifest {
  try {
    return JSON.parse(readFileSync(`${directory}package.json`, 'utf8')) as Manifest;
  } catch {
    return {};
  }
}

function isMain(inside: string, main = 'index.js'): boolean {
  const path = main.replace(/^\.\//, '').replaceAll('/', sep);
  return inside === path || inside === `${path}.js` || inside === `${path}${sep}index.js`;
}

/**
 * Whether a version is in one of an instrumentation's ranges: `*`, `^5.0.0`, `>=8.0.3 <9`.
 *
 * @param version - the version; an unknown one only matches `*`
 */
export function isSupportedVersion(version: string | undefined, ranges: readonly string[]): boolean {
  return ranges.some((range) => range === '*' || (version !== undefined && isInRange(version, range)));
}

function isInRange(version: string, range: string): boolean {
  return range.split(/\s+/).every((comparator) => {
    const [, operator = '', bound = ''] = /^(\^|>=|<=|<|>|~|=)?v?(\d[\w.-]*)$/.exec(comparator) ?? [];
    if (bound === '') return false;
    const order = compare(version, bound);
    if (operator === '>=') return order >= 0;
    if (operator === '<=') return order <= 0;
    if (operator === '<') return order < 0;
    if (operator === '>') return order > 0;
    const same = operator === '^' ? 1 : operator === '~' ? 2 : 3;
    return order >= 0 && numbers(version).slice(0, same).join() === numbers(bound).slice(0, same).join();
  });
}

function compare(a: string, b: string): number {
  const left = numbers(a);
  const right = numbers(b);
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

function numbers(version: string): [number, number, number] {
  const [major = 0, minor = 0, patch = 0] = version
    .split(/[.-]/, 3)
    .map((part) => Number.parseInt(part, 10) || 0);
  return [major, minor, patch];
}
