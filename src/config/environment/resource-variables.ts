import type { ServiceConfig, TracerConfig } from '../tracer-config.js';
import { parsePairs, type Variables } from './variables.js';

/** The variables that describe the service. */
export const RESOURCE_VARIABLES = [
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_ENVIRONMENT',
  'ENVIRONMENT',
  'APP_ENV',
  'NODE_ENV',
];

/**
 * Reads the service and the resource attributes.
 *
 * The deployment environment is `OTEL_ENVIRONMENT`, else that of `OTEL_RESOURCE_ATTRIBUTES`, else
 * `ENVIRONMENT`, `APP_ENV` or `NODE_ENV`. The last three have other uses, so they only fill in.
 */
export function resourceFromVariables(
  variables: Variables,
): Pick<TracerConfig, 'service' | 'resourceAttributes'> {
  const {
    'service.name': attributeName,
    'service.version': version,
    'service.namespace': namespace,
    'service.instance.id': instanceId,
    'deployment.environment.name': attributeEnvironment,
    ...attributes
  } = readAttributes(variables);
  const name = variables.text('OTEL_SERVICE_NAME');
  const own = variables.text('OTEL_ENVIRONMENT');
  const listed = attributeEnvironment ?? attributes['deployment.environment'];
  warnOfTwo(variables, 'OTEL_SERVICE_NAME', name, 'service.name', attributeName);
  warnOfTwo(variables, 'OTEL_ENVIRONMENT', own, 'deployment.environment.name', listed);
  const general = ['ENVIRONMENT', 'APP_ENV', 'NODE_ENV'].map((variable) => variables.text(variable));
  const service = present<ServiceConfig>({
    name: name ?? attributeName,
    version,
    namespace,
    environment: own ?? listed ?? general.find((value) => value !== undefined),
    instanceId,
  });
  return {
    ...(Object.keys(service).length === 0 ? {} : { service }),
    ...(Object.keys(attributes).length === 0 ? {} : { resourceAttributes: attributes }),
  };
}

/** Reads resource attributes. One malformed entry discards the variable, as the specification demands. */
function readAttributes(variables: Variables): Record<string, string> {
  const { entries, malformed } = parsePairs(variables.text('OTEL_RESOURCE_ATTRIBUTES') ?? '');
  if (malformed !== undefined) {
    variables.warn(
      `OTEL_RESOURCE_ATTRIBUTES is ignored: \`${malformed.slice(0, 40)}\` is no \`key=value\` with a ` +
        'percent-encoded value.',
    );
    return {};
  }
  return Object.fromEntries(entries.filter(([key]) => key !== '__proto__'));
}

function warnOfTwo(
  variables: Variables,
  variable: string,
  value: string | undefined,
  key: string,
  other: string | undefined,
): void {
  if (value === undefined || other === undefined || value === other) return;
  variables.warn(`${variable} wins over the \`${key}\` of OTEL_RESOURCE_ATTRIBUTES, which says otherwise.`);
}

function present<T extends object>(options: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== ''),
  ) as T;
}
