/*
 * Ways to build, test and start a Nest app, as docs/bundlers.md and docs/testing.md show them: files that are
 * written beside the app, commands that are run one after the other, and what is started at last.
 */
import { readFileSync } from 'node:fs';

/** Nest 11 as older apps have it; TypeScript 6, which Nest 12 needs, has no `moduleResolution` of that kind. */
const modules = {
  11: { module: 'commonjs', moduleResolution: 'node' },
  12: { module: 'nodenext', moduleResolution: 'nodenext', rootDir: 'src' },
};
const tsconfig =
  (compilerOptions, rest = {}) =>
  (nest) =>
    JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        ...modules[nest],
        strict: true,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        esModuleInterop: true,
        skipLibCheck: true,
        types: ['node'],
        outDir: 'dist',
        ...compilerOptions,
      },
      include: ['src'],
      exclude: ['src/*.spec.ts'],
      ...rest,
    });
const nestCli = (compilerOptions = {}) =>
  JSON.stringify({ collection: '@nestjs/schematics', sourceRoot: 'src', compilerOptions });
const json = (value) => JSON.stringify(value);

/** The document's own configuration. */
const [, webpackInOneFile] = /```js\n(.*?)```/s.exec(
  readFileSync(new URL('../../../docs/bundlers.md', import.meta.url), 'utf8'),
);

/** Optional packages that this app has not installed. */
const absent = [
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@nestjs/config',
  'class-transformer',
  'class-validator',
  '@opentelemetry/exporter-zipkin',
  '@opentelemetry/exporter-prometheus',
  '@opentelemetry/propagator-b3',
  '@opentelemetry/host-metrics',
  '@opentelemetry/instrumentation-runtime-node',
];

const swc = {
  module: { type: 'commonjs' },
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
};
const asModule = (options) => ({ ...options, module: { type: 'es6' } });
const jest = (config) =>
  json({ rootDir: 'src', testRegex: '\\.spec\\.ts$', testEnvironment: 'node', ...config });
const compileTheLibrary = ['node_modules/(?!nestjs-telemetry/)'];
const esm = { env: { NODE_OPTIONS: '--experimental-vm-modules' } };

/** Bundles what the compiler made, since esbuild emits no metadata of decorators. */
function esbuild(...flags) {
  const bundle = [
    'esbuild',
    'dist/main.js',
    '--bundle',
    '--platform=node',
    ...flags,
    '--outfile=out/main.js',
  ];
  return { commands: [['tsc', '-p', '.'], bundle], start: ['out/main.js'] };
}

/** `nest` lists the majors of Nest that the set-up is for: Nest 12 is made of ES modules, which Jest does not load from CommonJS. */
export const setUps = [
  {
    name: 'nest build',
    files: { 'tsconfig.json': tsconfig(), 'nest-cli.json': nestCli() },
    commands: [['nest', 'build']],
    start: ['dist/main.js'],
  },
  {
    name: 'nest build, ES modules',
    nest: ['12'],
    modules: true,
    files: {
      'tsconfig.json': tsconfig(),
      'nest-cli.json': nestCli(),
      'src/package.json': json({ type: 'module' }),
      'dist/package.json': json({ type: 'module' }),
    },
    commands: [['nest', 'build']],
    start: ['dist/main.js'],
  },
  {
    name: 'nest build, in Bun',
    nest: ['12'],
    bun: true,
    files: { 'tsconfig.json': tsconfig(), 'nest-cli.json': nestCli() },
    commands: [['nest', 'build']],
    start: ['dist/main.js'],
  },
  {
    name: 'nest build -b swc',
    // With a `rootDir`, Nest keeps `src` in the path of what SWC writes.
    files: { 'tsconfig.json': tsconfig({ rootDir: undefined }), 'nest-cli.json': nestCli() },
    commands: [['nest', 'build', '-b', 'swc']],
    start: ['dist/main.js'],
  },
  {
    name: 'nest build --webpack',
    files: { 'tsconfig.json': tsconfig(), 'nest-cli.json': nestCli() },
    commands: [['nest', 'build', '--webpack']],
    start: ['dist/main.js'],
  },
  {
    name: 'nest build --webpack, all in one file',
    files: {
      'tsconfig.json': tsconfig(),
      'nest-cli.json': nestCli(),
      'webpack.config.js': webpackInOneFile,
    },
    commands: [['nest', 'build', '--webpack']],
    start: ['dist/main.js'],
    alone: true,
  },
  {
    name: 'nest build -b rspack',
    nest: ['12'],
    files: { 'tsconfig.json': tsconfig(), 'nest-cli.json': nestCli() },
    commands: [['nest', 'build', '-b', 'rspack']],
    start: ['dist/main.js'],
  },
  {
    name: 'esbuild, packages outside',
    files: { 'tsconfig.json': tsconfig() },
    ...esbuild('--packages=external'),
  },
  {
    name: 'esbuild, all in one file',
    files: { 'tsconfig.json': tsconfig() },
    ...esbuild('--keep-names', ...absent.map((name) => `--external:${name}`)),
    alone: true,
  },
  {
    name: 'tsx',
    files: { 'tsconfig.json': tsconfig({ module: 'esnext', moduleResolution: 'bundler' }) },
    commands: [['tsx', 'src/main.ts']],
  },
  {
    name: 'ts-node',
    nest: ['11'],
    files: { 'tsconfig.json': tsconfig() },
    commands: [['ts-node', 'src/main.ts']],
  },
  {
    name: 'moduleResolution node, with types of all subpaths',
    nest: ['11'],
    files: {
      'tsconfig.json': tsconfig(
        { types: ['node'], noEmit: true },
        { include: ['src', 'subpaths.ts'], exclude: [] },
      ),
      'subpaths.ts': ['testing', 'genai', 'workflow', 'presets', 'nestjs-otel', 'bullmq', 'devtools']
        .map((name, index) => `import * as s${index} from 'nestjs-telemetry/${name}';\nvoid s${index};\n`)
        .join(''),
    },
    commands: [['tsc', '-p', '.', '--rootDir', '.']],
    exports: false,
  },
  {
    name: 'Jest, ts-jest, CommonJS',
    nest: ['11'],
    files: {
      'tsconfig.json': tsconfig({ allowJs: true }),
      'jest.config.json': jest({
        transform: { '^.+\\.(t|j)s$': ['ts-jest', { diagnostics: false }] },
        transformIgnorePatterns: compileTheLibrary,
      }),
    },
    commands: [['jest']],
  },
  {
    name: 'Jest, @swc/jest, CommonJS',
    nest: ['11'],
    files: {
      'jest.config.json': jest({
        transform: { '^.+\\.(t|j)s$': ['@swc/jest', { swcrc: false, ...swc }] },
        transformIgnorePatterns: compileTheLibrary,
      }),
    },
    commands: [['jest']],
  },
  {
    name: 'Jest, ts-jest, ES modules',
    files: {
      'tsconfig.json': tsconfig(),
      'tsconfig.jest.json': json({
        extends: './tsconfig.json',
        compilerOptions: { module: 'esnext', moduleResolution: 'bundler' },
      }),
      'jest.config.json': jest({
        extensionsToTreatAsEsm: ['.ts'],
        transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: 'tsconfig.jest.json' }] },
      }),
    },
    commands: [['jest', esm]],
  },
  {
    name: 'Jest, @swc/jest, ES modules',
    files: {
      'jest.config.json': jest({
        extensionsToTreatAsEsm: ['.ts'],
        transform: { '^.+\\.ts$': ['@swc/jest', { swcrc: false, ...asModule(swc) }] },
      }),
    },
    commands: [['jest', esm]],
  },
];
