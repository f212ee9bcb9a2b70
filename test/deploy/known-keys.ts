/** Keys that a reader of a file knows: those below a name, any name (`*`), or each member of a list (`[]`). */
interface Keys {
  readonly [name: string]: Keys | true;
}

const ANY = true;

const COMPOSE: Keys = {
  name: ANY,
  services: {
    '*': {
      image: ANY,
      build: { context: ANY, dockerfile: ANY },
      command: ANY,
      user: ANY,
      environment: ANY,
      ports: ANY,
      volumes: ANY,
      depends_on: ANY,
      deploy: { resources: { limits: { cpus: ANY, memory: ANY } } },
    },
  },
  volumes: ANY,
};

const TLS: Keys = { insecure: ANY };

/** By file name, as the service reads it. */
const FILES: Readonly<Record<string, Keys>> = {
  'compose.yaml': COMPOSE,
  'collector.yaml': {
    receivers: { otlp: { protocols: { grpc: { endpoint: ANY }, http: { endpoint: ANY } } } },
    processors: {
      memory_limiter: { check_interval: ANY, limit_mib: ANY, spike_limit_mib: ANY },
      batch: { timeout: ANY, send_batch_size: ANY },
    },
    exporters: {
      'otlp_grpc/tempo': { endpoint: ANY, tls: TLS },
      'otlp_http/prometheus': { endpoint: ANY, tls: TLS },
    },
    service: { pipelines: { '*': { receivers: ANY, processors: ANY, exporters: ANY } } },
  },
  'tempo.yaml': {
    server: { http_listen_port: ANY },
    distributor: { receivers: { otlp: { protocols: { grpc: { endpoint: ANY } } } } },
    compactor: { compaction: { block_retention: ANY } },
    metrics_generator: { storage: { path: ANY, remote_write: { '[]': { url: ANY } } } },
    storage: { trace: { backend: ANY, wal: { path: ANY }, local: { path: ANY } } },
    overrides: { defaults: { metrics_generator: { processors: ANY } } },
  },
  'prometheus.yaml': {
    global: { evaluation_interval: ANY },
    rule_files: ANY,
    otlp: { promote_resource_attributes: ANY },
    storage: { tsdb: { out_of_order_time_window: ANY } },
  },
  'alerts.yaml': {
    groups: {
      '[]': {
        name: ANY,
        rules: {
          '[]': { alert: ANY, expr: ANY, for: ANY, labels: { severity: ANY }, annotations: { summary: ANY } },
        },
      },
    },
  },
  'datasources.yaml': {
    apiVersion: ANY,
    datasources: {
      '[]': {
        name: ANY,
        uid: ANY,
        type: ANY,
        access: ANY,
        url: ANY,
        isDefault: ANY,
        jsonData: { timeInterval: ANY, serviceMap: { datasourceUid: ANY }, nodeGraph: { enabled: ANY } },
      },
    },
  },
  'dashboards.yaml': {
    apiVersion: ANY,
    providers: { '[]': { name: ANY, type: ANY, folder: ANY, options: { path: ANY } } },
  },
};

const TARGET: Keys = {
  refId: ANY,
  datasource: { type: ANY, uid: ANY },
  expr: ANY,
  legendFormat: ANY,
  instant: ANY,
};

const DASHBOARD: Keys = {
  ...Object.fromEntries(
    'uid title description tags schemaVersion version editable refresh time timezone links annotations'
      .split(' ')
      .map((name) => [name, ANY]),
  ),
  templating: {
    list: {
      '[]': Object.fromEntries(
        'name label type datasource query refresh includeAll multi current sort'
          .split(' ')
          .map((name) => [name, ANY]),
      ),
    },
  },
  panels: {
    '[]': {
      id: ANY,
      type: ANY,
      title: ANY,
      description: ANY,
      datasource: ANY,
      gridPos: { x: ANY, y: ANY, w: ANY, h: ANY },
      targets: { '[]': TARGET },
      fieldConfig: { defaults: { unit: ANY, min: ANY, max: ANY, custom: ANY }, overrides: ANY },
      options: { legend: ANY, tooltip: ANY, reduceOptions: ANY, colorMode: ANY },
    },
  },
};

/** Paths of keys that nobody reads: typing errors mostly. */
export function unknownKeys(file: string, content: unknown): string[] {
  const keys = file.endsWith('.json') ? DASHBOARD : FILES[file.split(/[/\\]/).at(-1) ?? ''];
  return keys === undefined ? [`${file}: nobody reads it`] : below(content, keys, '');
}

function below(value: unknown, keys: Keys | true, path: string): string[] {
  if (keys === true || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const known = keys[name] ?? keys[Array.isArray(value) ? '[]' : '*'];
    return known === undefined ? [`${path}${name}`] : below(inner, known, `${path}${name}.`);
  });
}
