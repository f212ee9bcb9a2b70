import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { findProgram, freePort } from '../support/server-program.mjs';
import { receiveJson, spansOf } from './otlp-json.mjs';
import { atEnd, getJson, serve, temporaryFolder } from './servers.mjs';

/** Programs that no package manager puts on the path: set up once, outside of the repository. */
export const CACHE =
  process.env.BACKENDS_CACHE ?? join(process.env.HOME ?? '', '.cache', 'nestjs-telemetry-backends');

const root = (file) => new URL(`../../${file}`, import.meta.url);

/** Everything of a format that has all parts of a span. */
const COMPLETE = {};

/** A receiver of our own, which has no opinion about spans. */
const receiver = {
  name: 'OTLP/JSON',
  find: () => true,
  async start() {
    const messages = [];
    const { url, stop } = await receiveJson((_path, message) => messages.push(message));
    atEnd(stop);
    return {
      env: otlp(url, 'http/json'),
      as: COMPLETE,
      read: () => messages.flatMap(spansOf),
    };
  },
};

/** As in a container: Node is process 1 of its own, to which the kernel delivers only signals that it listens to. */
const container = {
  name: 'Process 1',
  needs: 'unshare, and the right to use it',
  find: () => {
    const program = findProgram('unshare');
    return program && spawnSync(program, ['--pid', '--fork', 'true']).status === 0 ? program : undefined;
  },
  async start(program) {
    return { ...(await receiver.start()), command: [program, '--pid', '--fork', process.execPath] };
  },
};

/** The configuration of the stack, with a receiver of ours where Tempo and Prometheus would be. */
const collector = {
  name: 'Collector',
  needs: 'otelcol or otelcol-contrib on the path',
  find: () => findProgram('otelcol') ?? findProgram('otelcol-contrib'),
  async start(program) {
    const messages = [];
    const { url, stop } = await receiveJson(
      (path, message) => path === '/v1/traces' && messages.push(message),
    );
    atEnd(stop);
    const config = parse(readFileSync(root('deploy/grafana/collector.yaml'), 'utf8'));
    const [grpc, http] = [await freePort(), await freePort()];
    config.receivers.otlp.protocols = {
      grpc: { endpoint: `127.0.0.1:${grpc}` },
      http: { endpoint: `127.0.0.1:${http}` },
    };
    const [[, toMetrics]] = Object.entries(config.exporters).filter(([id]) => id.includes('prometheus'));
    config.exporters = { otlp_http: { ...toMetrics, endpoint: url, encoding: 'json', compression: 'none' } };
    for (const pipeline of Object.values(config.service.pipelines)) pipeline.exporters = ['otlp_http'];
    config.service.telemetry = { metrics: { level: 'none' } };
    const file = join(temporaryFolder('collector'), 'config.yaml');
    writeFileSync(file, stringify(config));
    await serve(program, ['--config', file], { url: `http://127.0.0.1:${http}` });
    return {
      env: otlp(`http://127.0.0.1:${grpc}`, 'grpc'),
      as: COMPLETE,
      read: () => messages.flatMap(spansOf),
    };
  },
};

const jaeger = {
  name: 'Jaeger',
  needs: 'jaeger, version 2, on the path',
  find: () => findProgram('jaeger'),
  async start(program) {
    const [grpc, query, other] = [await freePort(), await freePort(), await freePort()];
    const at = (port) => ({ endpoint: `127.0.0.1:${port}` });
    const config = {
      extensions: {
        jaeger_storage: { backends: { memory: { memory: { max_traces: 10_000 } } } },
        jaeger_query: { storage: { traces: 'memory' }, http: at(query), grpc: at(other) },
      },
      receivers: { otlp: { protocols: { grpc: at(grpc) } } },
      exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
      service: {
        extensions: ['jaeger_storage', 'jaeger_query'],
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
      },
    };
    const file = join(temporaryFolder('jaeger'), 'config.yaml');
    writeFileSync(file, stringify(config));
    const url = `http://127.0.0.1:${query}`;
    await serve(program, ['--config', file], { url: `${url}/api/v3/services` });
    return {
      env: otlp(`http://127.0.0.1:${grpc}`, 'grpc'),
      as: COMPLETE,
      read: async (traceIds) => {
        const traces = await Promise.all(
          traceIds.map((id) => getJson(`${url}/api/v3/traces/${id}`, { allowed: 404 })),
        );
        const spans = traces.flatMap((trace) => spansOf(trace?.result ?? {}));
        // A note of Jaeger's own, about clocks.
        for (const { attributes } of spans) delete attributes['@jaeger@warnings'];
        return spans;
      },
    };
  },
};

const zipkin = {
  name: 'Zipkin',
  needs: 'java, and Zipkin’s executable jar in the cache',
  find: () => {
    if (findProgram('java') === undefined || !existsSync(CACHE)) return undefined;
    const jar = readdirSync(CACHE).find((file) => /^zipkin-server-.*-exec\.jar$/.test(file));
    return jar && join(CACHE, jar);
  },
  async start(jar) {
    const url = `http://127.0.0.1:${await freePort()}`;
    const args = ['-XX:TieredStopAtLevel=1', '-jar', jar, `--server.port=${new URL(url).port}`];
    await serve('java', [...args, '--server.address=127.0.0.1'], { url: `${url}/health` });
    return {
      env: {
        OTEL_TRACES_EXPORTER: 'zipkin,otlp/stdout',
        OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${url}/api/v2/spans`,
      },
      // Zipkin's form: names in lower case, one set of tags for everything, no links and no scope.
      as: {
        names: ({ name }) => name.toLowerCase(),

        attributes: ({ resource, attributes, status }) => ({
          ...asTags(resource),
          ...asTags(attributes),
          ...(status.code === 'UNSET' ? {} : { 'otel.status_code': status.code }),
          ...(status.message ? { error: status.message } : {}),
        }),
        events: ({ events }) => events.map(({ name }) => ({ name, attributes: {} })),
        resource: ({ resource }) => resource['service.name'],
        links: false,
        scope: false,
      },
      read: async (traceIds) => {
        const traces = await Promise.all(
          traceIds.map((id) => getJson(`${url}/api/v2/trace/${id}`, { allowed: 404 })),
        );
        return traces.flatMap((spans) => (spans ?? []).map(fromZipkin));
      },
    };
  },
};

function asTags(attributes) {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]));
}

function fromZipkin({
  traceId,
  id,
  parentId,
  name,
  kind = 'INTERNAL',
  tags = {},
  annotations = [],
  localEndpoint,
}) {
  return {
    traceId,
    spanId: id,
    parentSpanId: parentId,
    name,
    kind,
    status: { code: tags['otel.status_code'] ?? 'UNSET', message: tags.error },
    attributes: tags,
    events: annotations.map(({ value }) => ({ name: value })),
    links: [],
    resource: localEndpoint?.serviceName,
    scope: undefined,
  };
}

const phoenix = {
  name: 'Phoenix',
  needs: 'arize-phoenix in the cache',
  find: () => {
    const program = join(CACHE, 'phoenix', 'bin', 'phoenix');
    return existsSync(program) ? program : undefined;
  },
  async start(program) {
    const url = `http://127.0.0.1:${await freePort()}`;
    // Phoenix wants digits and small letters in its secrets.
    const secret = () => `${randomBytes(24).toString('hex')}a1`;
    const key = secret();
    await serve(program, ['serve'], {
      url: `${url}/healthz`,
      env: {
        PHOENIX_HOST: '127.0.0.1',
        PHOENIX_PORT: new URL(url).port,
        PHOENIX_GRPC_PORT: String(await freePort()),
        PHOENIX_WORKING_DIR: temporaryFolder('phoenix'),
        PHOENIX_TELEMETRY_ENABLED: 'false',
        PHOENIX_ENABLE_AUTH: 'true',
        PHOENIX_SECRET: secret(),
        PHOENIX_ADMIN_SECRET: key,
      },
    });
    const headers = { authorization: `Bearer ${key}` };
    const spansUrl = `${url}/v1/projects/orders/spans?limit=100`;
    const refused = await fetch(spansUrl);
    if (refused.status !== 401) throw new Error(`Phoenix answers without a key: ${refused.status}`);
    return {
      env: {
        OTEL_TRACES_EXPORTER: 'otlp,otlp/stdout',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${key}`,
        OTEL_RESOURCE_ATTRIBUTES: 'openinference.project.name=orders',
      },
      // Its interface tells no more; to the attributes it adds what it reads in them.
      as: {
        attributes: ({ attributes }, kept) => ({ ...kept.attributes, ...attributes }),
        kinds: false,
        links: false,
        resource: false,
        scope: false,
      },
      read: async () => {
        const spans = [];
        for (let cursor = ''; cursor !== null;) {
          const page = await getJson(`${spansUrl}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, {
            headers,
            allowed: 404,
          });
          spans.push(...(page?.data ?? []).map(fromPhoenix));
          cursor = page?.next_cursor ?? null;
        }
        return spans;
      },
    };
  },
};

function fromPhoenix(span) {
  const { context, parent_id, name, span_kind, status_code, status_message, attributes, events } = span;
  return {
    traceId: context.trace_id,
    spanId: context.span_id,
    parentSpanId: parent_id ?? undefined,
    name,
    kind: undefined,
    status: { code: status_code, message: status_message },
    // One attribute has a place of its own.
    attributes: {
      ...attributes,
      ...(span_kind === 'UNKNOWN' ? {} : { 'openinference.span.kind': span_kind }),
    },
    events: events.map((event) => ({ name: event.name, attributes: event.attributes })),
    links: [],
    resource: {},
    scope: undefined,
  };
}

function otlp(url, protocol) {
  return {
    OTEL_TRACES_EXPORTER: 'otlp,otlp/stdout',
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  };
}

export const SPAN_BACKENDS = [receiver, container, collector, jaeger, zipkin, phoenix];
