import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { findProgram, freePort, run } from '../support/server-program.mjs';
import { startSampleApp, startShop, useSampleApp, useShop } from './apps.mjs';
import { serveMetricsPage } from './metrics-page.mjs';
import { receiveJson } from './otlp-json.mjs';
import { atEnd, getJson, printedBy, serve, temporaryFolder } from './servers.mjs';
import { hasPostgres, startPostgres } from './stores.mjs';

const DEPLOY = fileURLToPath(new URL('../../deploy/grafana/', import.meta.url));
const TESTED_RULES = fileURLToPath(new URL('../deploy/alerts.test.yaml', import.meta.url));
const LIMIT_MILLIS = 90_000;

/** Checks and tests the alert rules. @returns what is missing */
export async function promtool() {
  const program = findProgram('promtool');
  if (program === undefined) return 'promtool on the path';
  await run(program, ['check', 'rules', join(DEPLOY, 'alerts.yaml')]);
  await run(program, ['test', 'rules', TESTED_RULES]);
  console.log('promtool: the rules are right, and fire when they are meant to');
  return undefined;
}

/** Runs the queries of every panel and the parts of every rule, while apps send. @returns what is missing */
export async function queries(redis) {
  const program = findProgram('prometheus');
  if (program === undefined) return 'prometheus on the path';
  if (redis.REDIS_URL === undefined || !hasPostgres) return 'Redis and PostgreSQL, for the dashboards';
  const { url, metricsEnv } = await startPrometheus(program);
  const rejecting = await receiveJson(() => {
    throw new Error('rejected');
  });
  atEnd(rejecting.stop);
  const env = {
    ...redis,
    ...(await startPostgres()),
    ...metricsEnv,
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
  };
  // One app's receiver is down, the other's refuses what it is sent; both lose spans.
  const sample = await startSampleApp({
    ...env,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${await freePort()}/v1/traces`,
    OTEL_BSP_MAX_QUEUE_SIZE: '20',
  });
  const shop = await startShop({ ...env, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${rejecting.url}/v1/traces` });

  let open = [...panelQueries(), ...ruleQueries()];
  const total = open.length;
  const end = Date.now() + LIMIT_MILLIS;
  while (open.length > 0) {
    await Promise.all([useSampleApp(sample), useShop(shop)]);
    const answers = await Promise.all(open.map(({ expr }) => valuesOf(url, expr)));
    if (process.argv.includes('--results')) {
      for (const [index, { where, expr }] of open.entries()) {
        const [first] = answers[index];
        if (first !== undefined) {
          console.log(`${where}: ${answers[index].length} series, first ${first.value[1]}\n    ${expr}`);
        }
      }
    }
    open = open.filter((_, index) => answers[index].length === 0);
    if (open.length > 0 && Date.now() > end) {
      const list = open.map(({ where, expr }) => `  ${where}\n    ${expr}`).join('\n');
      throw new Error(`Without data in Prometheus:\n${list}`);
    }
  }
  const loaded = (await getJson(`${url}/api/v1/rules`)).data.groups.flatMap(({ rules }) => rules);
  const broken = loaded
    .filter(({ health }) => health === 'err')
    .map(({ name, lastError }) => `${name}: ${lastError}`);
  if (broken.length > 0) throw new Error(broken.join('\n'));
  console.log(
    `Prometheus: data for ${total} of ${total} queries of panels and rules; ${loaded.length} rules loaded`,
  );
  return undefined;
}

async function startPrometheus(program) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = temporaryFolder('prometheus');
  const config = parse(readFileSync(join(DEPLOY, 'prometheus.yaml'), 'utf8'));
  config.rule_files = [join(DEPLOY, 'alerts.yaml')];
  config.global.evaluation_interval = '1s';
  const args = [`--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`];
  let metricsEnv;
  if (printedBy(program, ['--help']).includes('web.enable-otlp-receiver')) {
    args.push('--web.enable-otlp-receiver');
    metricsEnv = otlpMetrics(`${url}/api/v1/otlp/v1/metrics`, 'http/protobuf');
  } else {
    const page = await serveMetricsPage();
    atEnd(page.stop);
    delete config.otlp;
    config.scrape_configs = [
      {
        job_name: 'apps',
        honor_labels: true,
        scrape_interval: '1s',
        static_configs: [{ targets: [`127.0.0.1:${page.port}`] }],
      },
    ];
    metricsEnv = otlpMetrics(`${page.url}/v1/metrics`, 'http/json');
    console.log('Prometheus: too old to take OTLP, so it scrapes a page of what came over OTLP');
  }
  const file = join(folder, 'prometheus.yaml');
  writeFileSync(file, stringify(config));
  await serve(program, [`--config.file=${file}`, ...args], { url: `${url}/-/ready` });
  return { url, metricsEnv };
}

function otlpMetrics(url, protocol) {
  return { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: protocol };
}

/** As Grafana asks, with all services chosen. */
function panelQueries() {
  const folder = join(DEPLOY, 'dashboards');
  return readdirSync(folder).flatMap((file) =>
    JSON.parse(readFileSync(join(folder, file), 'utf8')).panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({
        where: `${file}, “${title}”`,
        expr: expr.replaceAll('$__rate_interval', '30s').replaceAll('$job', '.+'),
      })),
    ),
  );
}

/** The sides of each rule's comparison, since nothing is wrong for long enough; for both sides of an `unless`, too. */
function ruleQueries() {
  const { groups } = parse(readFileSync(join(DEPLOY, 'alerts.yaml'), 'utf8'));
  return groups.flatMap(({ rules }) =>
    rules.flatMap(({ alert, expr }) =>
      expr.split(/\bunless\b/).map((part) => ({
        where: `the rule ${alert}`,
        expr: part.replace(/>\s*[\d.]+\s*$/, '').trim(),
      })),
    ),
  );
}

/** The values of an answer that are numbers. */
async function valuesOf(url, expr) {
  const { data } = await getJson(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`);
  return data.result.filter(({ value }) => value[1] !== 'NaN');
}
