/*
 * Builds one small app in every way of `set-ups.mjs`, in one folder per major of Nest, and has each answer a request
 * whose trace must arrive by OTLP.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCalls, checkSpans } from '../receiver.mjs';
import { run } from '../run-command.mjs';
import { installBun, installNode, installStrictly, pathTo } from '../tools.mjs';
import { setUps } from './set-ups.mjs';

const appSources = fileURLToPath(new URL('../app', import.meta.url));
const devTools = {
  '@nestjs/cli': (nest) => `^${nest}.0.0`,
  '@nestjs/schematics': (nest) => `^${nest}.0.0`,
  '@nestjs/testing': (nest) => `^${nest}.0.0`,
  '@swc/cli': (nest) => (nest === '11' ? '^0.7.0' : '^0.8.0'),
  '@swc/core': () => '^1.13.0',
  '@swc/jest': () => '^0.2.39',
  '@types/express': () => '^5.0.0',
  '@types/node': () => '^20.19.0',
  '@types/pg': () => '^8.15.0',
  esbuild: () => '^0.25.0',
  jest: () => '^30.0.0',
  'ts-jest': () => '^29.4.0',
  'ts-loader': () => '^9.5.0',
  'ts-node': () => '^10.9.2',
  tsx: () => '^4.20.0',
  typescript: (nest) => (nest === '11' ? '~5.9.0' : '~6.0.0'),
  '@rspack/core': (nest) => (nest === '12' ? '^2.1.10' : undefined),
  'fork-ts-checker-webpack-plugin': (nest) => (nest === '12' ? '^9.1.0' : undefined),
  'tsconfig-paths-webpack-plugin': (nest) => (nest === '12' ? '^4.2.0' : undefined),
  'webpack-node-externals': (nest) => (nest === '12' ? '^3.0.0' : undefined),
  webpack: () => '^5.100.0',
};

/** Each major of Nest with the Node that its set-ups run on. */
export const majors = [
  { nest: '11', node: '20.19' },
  { nest: '12', node: '24' },
];

/** @returns the set-ups that can be had with a major of Nest */
export const setUpsOf = ({ nest }) => setUps.filter((setUp) => setUp.nest?.includes(nest) ?? true);

/** Installs the library, Nest and all tools into a folder. */
export async function prepareBuilds({ nest, node: version }, { directory, tools, tarball }) {
  await mkdir(directory, { recursive: true });
  const ofNest = ['common', 'core', 'platform-express'].map((name) => [`@nestjs/${name}`, `^${nest}.0.0`]);
  const manifest = {
    name: 'app',
    private: true,
    dependencies: {
      ...Object.fromEntries(ofNest),
      '@opentelemetry/api': '^1.9.0',
      'nestjs-telemetry': `file:${tarball}`,
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.2',
      ioredis: '^5.11.1',
      pg: '^8.16.0',
    },
    devDependencies: Object.fromEntries(Object.entries(devTools).map(([name, range]) => [name, range(nest)])),
  };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest, null, 2));
  const node = await installNode(version, tools);
  await installStrictly('npm', { directory, node, tools });
  return node;
}

/** Writes the app's sources, without the `.js` of relative imports unless they need it: not every tool finds them. */
async function writeSources(directory, modules) {
  const sources = {
    'app.module': 'app.module',
    'app.spec': 'app.spec',
    main: 'main',
    calls: 'calls.clients',
    sdk: 'sdk.none',
    adapter: 'adapter.express',
  };
  for (const [name, file] of Object.entries(sources)) {
    const text = await readFile(join(appSources, `${file}.ts`), 'utf8');
    const source = modules ? text : text.replace(/(from '\.\/[\w.]+)\.js'/g, "$1'");
    await writeFile(join(directory, 'src', `${name}.ts`), source);
  }
}

/** Builds and starts the app in one way; what the last one has left is removed. */
export async function checkBuild(setUp, id, { directory, nest, node, receiver, tools }) {
  const { name, files, commands, start, alone = false, exports = true, modules = false, bun = false } = setUp;
  for (const folder of ['src', 'dist', 'out'])
    await rm(join(directory, folder), { recursive: true, force: true });
  for (const file of setUps.flatMap((each) => Object.keys(each.files)))
    await rm(join(directory, file), { force: true });
  await mkdir(join(directory, 'src'));
  await writeSources(directory, modules);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), typeof text === 'function' ? text(nest) : text);
  }
  const env = {
    PATH: pathTo(node, join(directory, 'node_modules', '.bin')),
    RECEIVER: receiver.urlFor(id),
  };
  for (const [command, ...rest] of commands) {
    const args = rest.filter((argument) => typeof argument === 'string');
    const more = rest.find((argument) => typeof argument === 'object')?.env;
    await run(command, args, { cwd: directory, seconds: 240, env: { ...env, ...more } });
  }
  if (start !== undefined) {
    let [file] = start;
    let cwd = directory;
    if (alone) {
      // Where no package can be found.
      cwd = `${directory}-alone`;
      await mkdir(cwd, { recursive: true });
      await copyFile(join(directory, file), join(cwd, 'main.js'));
      file = 'main.js';
    }
    await run(bun ? await installBun('1.4', tools) : node, [file], { cwd, seconds: 60, env });
  }
  if (exports) checkSpans(receiver.spansOf(id));
  // The test of the app makes no calls.
  if (exports && !name.startsWith('Jest')) checkCalls(receiver.spansOf(id));
  return name;
}
