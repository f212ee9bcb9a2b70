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

/** The page of the devtools is built after this, by Vite. */
const isPeer = (id) =>
  id === 'nestjs-telemetry/devtools/page' ||
  Object.keys(peerDependencies).some((name) => id === name || id.startsWith(`${name}/`));

/** grpc-js reads .proto files for channelz and ORCA alone, which no client of OTLP uses; the reader needs protobufjs and yargs. */
const withoutProtoLoader = {
  name: 'without-proto-loader',
  resolveId: (id) => (id === '@grpc/proto-loader' ? { id: '\0proto-loader' } : null),
  load: (id) => (id === '\0proto-loader' ? 'export const loadSync = undefined;' : null),
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
  external: isPeer,
  platform: 'node',
  tsconfig: 'tsconfig.build.json',
  // ES modules where a package has both: they are split and shaken better.
  resolve: { mainFields: ['module', 'main'] },
  plugins: [
    // A `require` would need `import.meta`, which does not exist where an app compiles the library to CommonJS.
    esmExternalRequirePlugin({ external: builtinModules.flatMap((name) => [name, `node:${name}`]) }),
    withoutProtoLoader,
    withoutPrivateDeclarations,
  ],
  output: {
    dir: 'dist',
    format: 'esm',
    sourcemap: true,
    chunkFileNames: 'chunks/[name].js',
    comments: { legal: true, annotation: true, jsdoc: false },
  },
});
