import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { unknownKeys } from './known-keys.js';

const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
const FILES = readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.(yaml|json)$/.test(file),
);
const STACKS = FILES.filter((file) => basename(file) === 'compose.yaml');

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, null>>;
}

/** The ports that each image listens on, as far as the stacks use them. */
const LISTENS: Readonly<Record<string, readonly number[]>> = {
  app: [3000],
  redis: [6379],
  'jaegertracing/jaeger': [4317, 4318, 16686],
  'arizephoenix/phoenix': [4317, 6006],
  'otel/opentelemetry-collector': [4317, 4318],
  'grafana/tempo': [3200, 4317],
  'prom/prometheus': [9090],
  'grafana/grafana': [3000],
};

interface Panel {
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets: readonly { readonly expr: string }[];
}

function read(file: string): any {
  // Comments are allowed in YAML alone.
  const text = readFileSync(join(DEPLOY, file), 'utf8');
  return file.endsWith('.json') ? JSON.parse(text) : parse(text, { strict: true, uniqueKeys: true });
}

const mountsOf = ({ volumes = [] }: Service): (readonly [from: string, to: string])[] =>
  volumes.map((volume) => volume.split(':') as [string, string]);

/** The host's files as a service sees them. */
function seenBy(stack: string, service: Service): Map<string, string> {
  const seen = new Map<string, string>();
  for (const [from, to] of mountsOf(service)) {
    if (from.startsWith('.')) seen.set(to, join(dirname(stack), from));
  }
  return seen;
}

/** Addresses of a service in a file, such as `http://tempo:3200`, by their host. */
function addressesIn(text: string, services: readonly string[]): (readonly [string, number])[] {
  const hosts = new RegExp(`(?:^|[\\s/'"])(${services.join('|')}):(\\d+)`, 'gm');
  return [...text.matchAll(hosts)].map(([, host = '', port]) => [host, Number(port)]);
}

it.each(FILES)('%s has only keys that its reader knows', (file) => {
  expect(unknownKeys(file, read(file))).toEqual([]);
});

describe.each(STACKS)('%s', (stack) => {
  const { services, volumes = {} }: Compose = read(stack);
  const all = Object.entries(services);

  it('pins every image', () => {
    const images = all.flatMap(([, { image }]) => image ?? []);
    expect(images.length).toBeGreaterThan(0);
    expect(images.filter((image) => !/^[\w/-]+:(version-|v)?\d+\.\d+\.\d+$/.test(image))).toEqual([]);
  });

  it('is reached from this machine alone, at ports that differ and that the services listen on', () => {
    const published = all.flatMap(([name, service]) =>
      (service.ports ?? []).map(
        (port) => [service.image?.split(':')[0] ?? name, ...port.split(':')] as const,
      ),
    );
    expect(published.filter(([, host]) => host !== '127.0.0.1')).toEqual([]);
    expect(new Set(published.map(([, , outside]) => outside)).size).toBe(published.length);
    expect(published.filter(([image, , , inside]) => !LISTENS[image]?.includes(Number(inside)))).toEqual([]);
  });

  it('mounts files and volumes that exist, where the services look for them', () => {
    for (const [, service] of all) {
      for (const [from] of mountsOf(service)) {
        if (from.startsWith('.')) expect(existsSync(join(DEPLOY, dirname(stack), from)), from).toBe(true);
        else expect(Object.keys(volumes)).toContain(from);
      }
      const config = service.command?.map((word) => /config(?:\.file)?=(.*)/.exec(word)?.[1]).find(Boolean);
      if (config !== undefined) expect([...seenBy(stack, service).keys()]).toContain(config);
    }
  });

  it('names services of its own, at ports that they listen on', () => {
    const names = Object.keys(services);
    expect(
      all.flatMap(([, { depends_on: needs = [] }]) => needs).filter((need) => !names.includes(need)),
    ).toEqual([]);
    const files = all.flatMap(([, service]) => [...seenBy(stack, service).values()]);
    const texts = FILES.filter(
      (file) => files.some((seen) => file.startsWith(seen)) && !file.endsWith('.json'),
    )
      .concat(stack)
      .map((file) => readFileSync(join(DEPLOY, file), 'utf8').replaceAll(/^\s*image:.*$/gm, ''));
    const addresses = texts.flatMap((text) => addressesIn(text, names));
    expect(addresses.length).toBeGreaterThan(0);
    for (const [host, port] of addresses) {
      expect(LISTENS[services[host]?.image?.split(':')[0] ?? host], `${host}:${port}`).toContain(port);
    }
  });

  it('builds the sample app, and sends its metrics only where they are taken', () => {
    const { app } = services;
    const { context = '', dockerfile = '' } = app?.build ?? {};
    expect(existsSync(join(DEPLOY, dirname(stack), context, dockerfile))).toBe(true);
    expect('collector' in services || app?.environment?.['OTEL_METRICS_EXPORTER'] === 'none').toBe(true);
  });
});

it('the Collector sends traces to Tempo and metrics to Prometheus, through parts that are all defined and used', () => {
  const { receivers, processors, exporters, service } = read('grafana/collector.yaml');
  const pipelines: Record<'receivers' | 'processors' | 'exporters', string[]>[] = Object.values(
    service.pipelines,
  );
  for (const [kind, defined] of Object.entries({ receivers, processors, exporters }) as [
    'receivers',
    object,
  ][]) {
    const used = new Set(pipelines.flatMap((pipeline) => pipeline[kind]));
    expect([...used].sort()).toEqual(Object.keys(defined).sort());
  }
  expect(service.pipelines.traces.exporters).toEqual(['otlp_grpc/tempo']);
  expect(service.pipelines.metrics.exporters).toEqual(['otlp_http/prometheus']);
  const { services }: Compose = read('grafana/compose.yaml');
  expect(services['prometheus']?.command).toContain('--web.enable-otlp-receiver');
  expect(read('grafana/prometheus.yaml').rule_files).toEqual(['alerts.yaml']);
});

describe('the dashboards', () => {
  const folder = join('grafana', 'dashboards');
  const dashboards = FILES.filter((file) => file.startsWith(folder)).map(
    (file) => [file, read(file)] as const,
  );
  const { datasources } = read('grafana/provisioning/datasources/datasources.yaml');
  const uids: string[] = datasources.map(({ uid }: { uid: string }) => uid);

  it('are found by Grafana, each under its own name', () => {
    const { services }: Compose = read('grafana/compose.yaml');
    const seen = seenBy('grafana/compose.yaml', services['grafana'] ?? {});
    const [provider] = read('grafana/provisioning/dashboards/dashboards.yaml').providers;
    expect(seen.get(provider.options.path)).toBe(folder);
    const home = services['grafana']?.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    expect(seen.get(dirname(home))).toBe(folder);
    expect(existsSync(join(DEPLOY, folder, basename(home)))).toBe(true);
    for (const [file, { uid }] of dashboards) expect(basename(file)).toBe(`${uid}.json`);
    expect(dashboards.map(([, { uid }]) => uid)).toEqual([
      ...['clients', 'genai', 'messages', 'pipeline', 'requests', 'streams', 'tenants', 'workflows'],
    ]);
  });

  it.each(dashboards)(
    '%s asks data sources that are provisioned, in panels that do not overlap',
    (_file, board) => {
      const sources = [...JSON.stringify(board).matchAll(/"datasource":\{[^}]*"uid":"([^"]*)"/g)];
      expect(sources.length).toBeGreaterThan(board.panels.length);
      expect(sources.map(([, uid]) => uid).filter((uid) => !uids.includes(uid ?? ''))).toEqual([]);
      const taken = new Set<string>();
      for (const { gridPos, targets, title } of board.panels as readonly Panel[]) {
        expect(targets.length, title).toBeGreaterThan(0);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(taken.has(`${x},${y}`), title).toBe(false);
            taken.add(`${x},${y}`);
          }
        }
      }
    },
  );

  it.each(dashboards)('%s filters every series by the chosen services', (_file, board) => {
    for (const { targets } of board.panels as readonly Panel[]) {
      for (const { expr } of targets) {
        const names = [...expr.matchAll(/\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?=\{)/g)];
        expect(names.length, expr).toBeGreaterThan(0);
        expect([...expr.matchAll(/\{job=~"\$job"/g)].length, expr).toBe(names.length);
      }
    }
  });
});

it('every alert says which service it is about, and how bad it is', () => {
  const rules = read('grafana/alerts.yaml').groups.flatMap(({ rules }: { rules: unknown[] }) => rules);
  expect(rules.length).toBeGreaterThan(10);
  for (const { alert, expr, labels, annotations } of rules) {
    expect(['warning', 'critical'], alert).toContain(labels.severity);
    expect(annotations.summary, alert).toMatch(/^\{\{ \$labels\.job \}\}/);
    expect(expr, alert).toMatch(/by \(job\b/);
  }
  const tested = readFileSync(fileURLToPath(new URL('alerts.test.yaml', import.meta.url)), 'utf8');
  const untested = rules.filter(({ alert }: { alert: string }) => !tested.includes(`alertname: ${alert}\n`));
  expect(untested).toEqual([]);
});
