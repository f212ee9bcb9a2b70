/*
 * Builds the JavaScript of `dist` after `nest build` has checked the types and written the declarations: one bundle, split where the
 * library loads something on demand, so that every class exists once for all subpaths.
 *
 * Entries are the subpaths of `exports` in package.json: `./testing` is built from `src/testing/index.ts`.
 */
import { readdirSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { defineConfig } from 'rolldown';
import { esmExternalRequirePlugin } from 'rolldown/plugins';

const { bin = {}, exports, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

const entries = [...Object.values(exports).map((target) => target.default), ...Object.values(bin)]
  .filter((file) => file !== undefined)
  .map((file) => file.replace(/^(\.\/)?dist\/|\.js$/g, ''));

/**
 * The API is a peer for its types and for what apps do with it. The few functions of it that are used here are
 * bundled: they keep no state, their keys are the same symbols in every copy, and loading the whole package
 * takes a quarter of the time that this library's import would take.
 */
const API = '@opentelemetry/api';
/** The page of the devtools is built after this, by Vite. */
const isOutside = (id) =>
  id === 'nestjs-telemetry/devtools/page' ||
  Object.keys(peerDependencies).some((name) => name !== API && (id === name || id.startsWith(`${name}/`)));

/**
 * Few chunks, since every further file takes time to load. A module belongs to the first chunk whose roots reach
 * it without `import()`. The base is the part of the core that the command line loads, too, without NestJS.
 */
const chunkRoots = {
  base: { from: ['src/devtools/cli.ts'], dynamic: true, within: ['src/index.ts'] },
  core: { from: ['src/index.ts'] },
  otlp: {
    from: [
      'src/otlp/open-transport.ts',
      'src/otlp/http-transport.ts',
      'src/pipeline/encoding/otlp-delivery.ts',
    ],
  },
};

function reachable(roots, context, dynamic = false) {
  const reached = new Set();
  const follow = (id) => {
    if (reached.has(id)) return;
    reached.add(id);
    const info = context.getModuleInfo(id);
    info?.importedIds.forEach(follow);
    if (dynamic) info?.dynamicallyImportedIds.forEach(follow);
  };
  for (const root of roots) follow(resolve(root));
  return reached;
}

function chunkNames() {
  let chunks;
  return (id, context) => {
    chunks ??= Object.entries(chunkRoots).map(([name, { from, dynamic, within }]) => {
      const reached = reachable(from, context, dynamic);
      const inside = within && reachable(within, context);
      return { name, has: (module) => reached.has(module) && (inside?.has(module) ?? true) };
    });
    return chunks.find((chunk) => chunk.has(id))?.name ?? null;
  };
}

/** grpc-js reads .proto files for channelz and ORCA alone, which no client of OTLP uses; the reader needs protobufjs and yargs. */
const withoutProtoLoader = {
  name: 'without-proto-loader',
  resolveId: (id) => (id === '@grpc/proto-loader' ? { id: '\0proto-loader' } : null),
  load: (id) => (id === '\0proto-loader' ? 'export const loadSync = undefined;' : null),
};

/**
 * Writes characters beyond ASCII as escapes: V8 keeps a source that has one of them in two bytes a character,
 * which costs 6 MB of memory and a seventh of the time that this library takes to start.
 */
const inAscii = {
  name: 'in-ascii',
  // Not `renderChunk`, after which strings are written anew.
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') continue;
      // Each unit by itself: escapes of a surrogate pair are the pair again.
      file.code = file.code.replace(
        /[^\0-\x7f]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
};

/** Removes the declarations that no entry leads to. */
const withoutPrivateDeclarations = {
  name: 'without-private-declarations',
  closeBundle() {
    const seen = new Set();
    const follow = (file) => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(file, 'utf8');
      for (const [, path] of text.matchAll(/(?:from|import)\s*\(?["'](\.[^"']+)\.js["']/g)) {
        follow(resolve(dirname(file), `${path}.d.ts`));
      }
    };
    for (const name of entries) follow(resolve('dist', `${name}.d.ts`));
    const sweep = (folder) => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) sweep(path);
        else if (path.endsWith('.d.ts') && !seen.has(path)) rmSync(path);
      }
      if (readdirSync(folder).length === 0) rmdirSync(folder);
    };
    sweep(resolve('dist'));
  },
};

export default defineConfig({
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  external: isOutside,
  platform: 'node',
  tsconfig: 'tsconfig.build.json',
  // ES modules where a package has both: they are split and shaken better.
  resolve: { mainFields: ['module', 'main'] },
  plugins: [
    // A `require` would need `import.meta`, which does not exist where an app compiles the library to CommonJS.
    esmExternalRequirePlugin({ external: builtinModules.flatMap((name) => [name, `node:${name}`]) }),
    withoutProtoLoader,
    inAscii,
    withoutPrivateDeclarations,
  ],
  output: {
    dir: 'dist',
    format: 'esm',
    sourcemap: true,
    codeSplitting: { groups: [{ debugName: 'by root', name: chunkNames() }] },
    chunkFileNames: 'chunks/[name].js',
    comments: { legal: true, annotation: true, jsdoc: false },
  },
});
