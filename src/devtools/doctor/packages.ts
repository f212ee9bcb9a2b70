import { error, ok, warning, type Finding, type Patient } from './finding.js';
import { copiesOf, isMajor, readManifest, versionOf } from './installed.js';

/** Packages that create their own spans or set globals. */
const OTHER_TRACERS: Readonly<Record<string, string>> = {
  '@sentry/nestjs': 'Sentry',
  '@sentry/node': 'Sentry',
  'dd-trace': 'Datadog',
  newrelic: 'New Relic',
  'elastic-apm-node': 'Elastic APM',
  '@nestjs/observe': '@nestjs/observe',
  '@opentelemetry/sdk-node': 'the OpenTelemetry Node SDK',
  '@opentelemetry/auto-instrumentations-node': 'the OpenTelemetry auto-instrumentations',
};

/** Instrumentations that create a second server span. */
const DOUBLE_SERVER_SPANS = [
  '@opentelemetry/instrumentation-http',
  '@opentelemetry/instrumentation-express',
  '@opentelemetry/instrumentation-fastify',
  '@opentelemetry/instrumentation-nestjs-core',
];

/** Variables whose values need an optional package. */
const OPTIONAL_PACKAGES = [
  { variable: 'OTEL_PROPAGATORS', value: /\bb3(multi)?\b/, name: '@opentelemetry/propagator-b3' },
  { variable: 'OTEL_TRACES_EXPORTER', value: /\bzipkin\b/, name: '@opentelemetry/exporter-zipkin' },
  { variable: 'OTEL_EXPORTER_TYPE', value: /\bzipkin\b/, name: '@opentelemetry/exporter-zipkin' },
  { variable: 'OTEL_METRICS_EXPORTER', value: /\bprometheus\b/, name: '@opentelemetry/exporter-prometheus' },
];

/** Checks the installed packages: versions, duplicate copies, and packages that trace the same work. */
export function checkPackages({ folder, env }: Patient): Finding[] {
  const manifest = readManifest(folder);
  if (manifest === undefined) {
    return [error('no-app', `There is no package.json in ${folder}.`, 'Run it in the folder of the app.')];
  }
  const needed = { ...manifest.devDependencies, ...manifest.dependencies };
  return [
    ...peers(folder),
    ...singles(folder),
    ...Object.keys(needed).flatMap((name) => otherTracer(name)),
    ...DOUBLE_SERVER_SPANS.filter((name) => Object.hasOwn(needed, name)).map((name) =>
      warning(
        'double-server-spans',
        `${name} makes a span for each request, which this library does already.`,
        `Remove ${name}, or do not list it in \`instrumentations\`.`,
      ),
    ),
    ...OPTIONAL_PACKAGES.filter(
      ({ variable, value, name }) => value.test(env[variable] ?? '') && versionOf(folder, name) === undefined,
    ).map(({ variable, name }) =>
      error(
        'package-missing',
        `${variable} asks for ${name}, which is not installed.`,
        `npm install ${name}`,
      ),
    ),
  ];
}

function peers(folder: string): Finding[] {
  const findings: Finding[] = [];
  const api = versionOf(folder, '@opentelemetry/api');
  if (api === undefined) {
    findings.push(
      error('api-missing', '@opentelemetry/api is not installed.', 'npm install @opentelemetry/api'),
    );
  } else if (!isMajor(api, 1) || Number(api.split('.')[1]) < 9) {
    findings.push(
      error(
        'api-version',
        `@opentelemetry/api is ${api}; 1.9 or later is needed.`,
        'npm install @opentelemetry/api@1',
      ),
    );
  }
  const nest = versionOf(folder, '@nestjs/core');
  if (nest === undefined) {
    findings.push(
      error('nest-missing', '@nestjs/core is not installed.', 'npm install @nestjs/core @nestjs/common'),
    );
  } else if (!isMajor(nest, 11, 12)) {
    findings.push(
      error(
        'nest-version',
        `@nestjs/core is ${nest}; 11 or 12 is needed.`,
        'npm install @nestjs/core@12 @nestjs/common@12',
      ),
    );
  }
  if (versionOf(folder, 'reflect-metadata') === undefined) {
    findings.push(
      error('reflect-metadata-missing', 'reflect-metadata is not installed.', 'npm install reflect-metadata'),
    );
  }
  if (versionOf(folder, 'nestjs-telemetry') === undefined) {
    findings.push(
      error('not-installed', 'nestjs-telemetry is not installed.', 'npm install nestjs-telemetry'),
    );
  }
  if (findings.length === 0)
    findings.push(ok('peers', `Nest ${nest ?? ''} and the OpenTelemetry API ${api ?? ''} fit.`));
  return findings;
}

/**
 * Checks for duplicate copies of packages that must exist once: with a second copy, Nest does not find its
 * providers and the API not its spans.
 */
function singles(folder: string): Finding[] {
  return [
    'nestjs-telemetry',
    '@nestjs/core',
    '@nestjs/common',
    '@opentelemetry/api',
    'reflect-metadata',
  ].flatMap((name) => {
    const copies = copiesOf(folder, name);
    if (copies.size < 2) return [];
    const versions = [...copies.values()].join(', ');
    return [
      error(
        'two-copies',
        `${name} is installed ${copies.size} times (${versions}); each copy sees only its own objects.`,
        `npm dedupe ${name}, or ask \`npm ls ${name}\` who brings the second.`,
      ),
    ];
  });
}

function otherTracer(name: string): Finding[] {
  const tracer = OTHER_TRACERS[name];
  if (tracer === undefined) return [];
  return [
    warning(
      'double-instrumentation',
      `${tracer} (${name}) instruments the process, too: requests may be traced twice.`,
      'Keep one of them for tracing; docs/migration.md goes module by module.',
    ),
  ];
}
