/** Names that other libraries and the SDK use for our options. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  serviceName: 'service.name',
  serviceVersion: 'service.version',
  traceExporter: 'exporter',
  spanExporter: 'exporter',
  exporters: 'exporter',
  endpoint: 'url',
  host: 'url',
  agentHost: 'host',
  agentHostName: 'host',
  agent_host_name: 'host',
  collectorEndpoint: 'url',
  collector_endpoint: 'url',
  attributes: 'resourceAttributes',
  resource: 'resourceAttributes',
  sampleRate: 'sampler',
  samplingRatio: 'sampler',
  tracesSampleRate: 'sampler',
  propagators: 'propagation.propagators',
  textMapPropagator: 'propagation.propagators',
  spanProcessor: 'spanProcessors',
  global: 'isGlobal',
  ignoreIncomingPaths: 'http.exclude',
  ignoreRoutes: 'http.exclude',
  excludePaths: 'http.exclude',
  disabled: 'enabled',
};

/**
 * Returns our name of an option that is known elsewhere by another name, if `options` or an option inside
 * of them has it.
 */
export function knownElsewhereAs(name: string, options: readonly string[]): string | undefined {
  const ours = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : undefined;
  const [option, inner] = ours?.split('.') ?? [];
  if (option !== undefined && options.includes(option)) return ours;
  return inner !== undefined && options.includes(inner) ? inner : undefined;
}
