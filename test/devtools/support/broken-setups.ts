import type { RequestListener } from 'node:http';

/** An app's files and variables, over those of a healthy one. */
export interface Setup {
  readonly files?: Readonly<Record<string, string | object | undefined>>;
  /** `PORT` stands for that of `receiver`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly receiver?: RequestListener;
}

export interface BrokenSetup extends Setup {
  readonly name: string;
  /** Code of the finding. */
  readonly finding: string;
}

const installed = (name: string, version: string): Readonly<Record<string, object>> => ({
  [`node_modules/${name}/package.json`]: { name, version },
});

const manifest = (dependencies: Readonly<Record<string, string>> = {}): object => ({
  name: 'shop',
  dependencies: { '@nestjs/core': '12.5.1', 'nestjs-telemetry': '0.1.0', ...dependencies },
});

export const HEALTHY = {
  files: {
    'package.json': manifest(),
    ...installed('nestjs-telemetry', '0.1.0'),
    ...installed('@nestjs/core', '12.5.1'),
    ...installed('@nestjs/common', '12.5.1'),
    ...installed('@opentelemetry/api', '1.10.0'),
    ...installed('reflect-metadata', '0.2.2'),
    'tsconfig.json': { compilerOptions: { experimentalDecorators: true, emitDecoratorMetadata: true } },
    '.nvmrc': 'v22.15.0\n',
    'src/app.module.ts':
      "@Module({ imports: [TelemetryModule.forRoot({ service: { name: 'shop' } })] }) class AppModule {}",
    'src/main.ts': 'const app = await NestFactory.create(AppModule);\napp.enableShutdownHooks();\n',
  },
};

const takesSpans: RequestListener = (request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
};
const overHttp = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:PORT',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
};

export const BROKEN_SETUPS: readonly BrokenSetup[] = [
  { name: 'a folder without an app', finding: 'no-app', files: { 'package.json': undefined } },
  {
    name: 'no API',
    finding: 'api-missing',
    files: { 'node_modules/@opentelemetry/api/package.json': undefined },
  },
  { name: 'an API that is too old', finding: 'api-version', files: installed('@opentelemetry/api', '1.4.1') },
  { name: 'Nest 10', finding: 'nest-version', files: installed('@nestjs/core', '10.4.0') },
  {
    name: 'no Nest',
    finding: 'nest-missing',
    files: { 'node_modules/@nestjs/core/package.json': undefined },
  },
  {
    name: 'no reflect-metadata',
    finding: 'reflect-metadata-missing',
    files: { 'node_modules/reflect-metadata/package.json': undefined },
  },
  {
    name: 'the library is not installed',
    finding: 'not-installed',
    files: { 'node_modules/nestjs-telemetry/package.json': undefined },
  },
  {
    name: 'two copies of the API',
    finding: 'two-copies',
    files: {
      'node_modules/other/package.json': { name: 'other' },
      'node_modules/other/node_modules/@opentelemetry/api/package.json': {
        name: '@opentelemetry/api',
        version: '1.9.0',
      },
    },
  },
  {
    name: 'two copies of Nest',
    finding: 'two-copies',
    files: {
      'node_modules/@shop/kit/package.json': { name: '@shop/kit' },
      'node_modules/@shop/kit/node_modules/@nestjs/core/package.json': {
        name: '@nestjs/core',
        version: '11.0.0',
      },
    },
  },
  {
    name: 'Sentry beside it',
    finding: 'double-instrumentation',
    files: { 'package.json': manifest({ '@sentry/nestjs': '11.0.0' }) },
  },
  {
    name: 'the Node SDK beside it',
    finding: 'double-instrumentation',
    files: { 'package.json': manifest({ '@opentelemetry/sdk-node': '0.223.0' }) },
  },
  {
    name: 'instrumentation-http beside it',
    finding: 'double-server-spans',
    files: { 'package.json': manifest({ '@opentelemetry/instrumentation-http': '0.223.0' }) },
  },
  {
    name: 'a tracing.ts of the process',
    finding: 'global-provider',
    files: { 'src/tracing.ts': 'const sdk = new NodeSDK({ traceExporter });\nsdk.start();' },
  },
  {
    name: 'b3 without its package',
    finding: 'package-missing',
    env: { OTEL_PROPAGATORS: 'tracecontext,b3' },
  },
  {
    name: 'a module that nobody imports',
    finding: 'module-not-imported',
    files: { 'src/app.module.ts': '@Module({}) class AppModule {}' },
  },
  {
    name: 'no shutdown hooks',
    finding: 'no-shutdown-hooks',
    files: { 'src/main.ts': 'await NestFactory.create(AppModule);' },
  },
  { name: 'Node 18 in .nvmrc', finding: 'node-version', files: { '.nvmrc': '18\n' } },
  {
    name: 'Node 16 in the Dockerfile',
    finding: 'node-version',
    files: { Dockerfile: 'FROM node:16-alpine\nCOPY . .\n' },
  },
  {
    name: 'no metadata of decorators',
    finding: 'compiler-option',
    files: { 'tsconfig.json': { compilerOptions: { experimentalDecorators: true } } },
  },
  { name: 'a misspelt variable', finding: 'variable-misspelt', env: { OTEL_SERVICENAME: 'shop' } },
  {
    name: 'another misspelt variable',
    finding: 'variable-misspelt',
    env: { OTEL_EXPORTER_OTLP_ENDPONT: 'http://localhost:4317' },
  },
  { name: 'quotes in a variable', finding: 'variable-quoted', env: { OTEL_SERVICE_NAME: '"shop"' } },
  {
    name: 'an address that is none',
    finding: 'variable-invalid',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' },
  },
  { name: 'telemetry switched off', finding: 'disabled', env: { OTEL_SDK_DISABLED: 'true' } },
  {
    name: 'a sampler that keeps nothing',
    finding: 'samples-nothing',
    env: { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
  },
  { name: 'no exporter in production', finding: 'no-exporter', env: { NODE_ENV: 'production' } },
  { name: 'a variable without effect', finding: 'variable', env: { OTEL_CONFIG_FILE: 'otel.yaml' } },
  { name: 'a small heap', finding: 'memory-limit', env: { NODE_OPTIONS: '--max-old-space-size=128' } },
  {
    name: 'a proxy that is not used',
    finding: 'proxy-ignored',
    env: { ...overHttp, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://0.0.0.0:1', HTTP_PROXY: 'http://proxy:3128' },
  },
  {
    name: 'a receiver that is away',
    finding: 'receiver-unreachable',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  },
  {
    name: 'gRPC to a port of HTTP',
    finding: 'receiver-unreachable',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:PORT', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    receiver: takesSpans,
  },
  {
    name: 'credentials that are refused',
    finding: 'credentials-refused',
    env: { ...overHttp, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20old' },
    receiver: (request, response) => {
      request.resume().on('end', () => response.writeHead(401).end('unknown key'));
    },
  },
  {
    name: 'a clock that is wrong',
    finding: 'clock-skew',
    env: overHttp,
    receiver: (request, response) => {
      response.setHeader('date', new Date(Date.now() + 3_600_000).toUTCString());
      takesSpans(request, response);
    },
  },
];
