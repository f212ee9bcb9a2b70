#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { LIBRARY_VERSION } from '../base/library.js';
import { TelemetryError } from '../errors.js';

const USAGE = `nestjs-telemetry ${LIBRARY_VERSION}

  nestjs-telemetry dev      receives OTLP of any service and shows it in the browser
      --port 4319 --http-port 4318 --grpc-port 4317 --host 127.0.0.1 --token SECRET
  nestjs-telemetry doctor   finds what keeps the app in this folder from being traced; exits with 1 then
      --folder . --strict (warnings count, too) --json
  nestjs-telemetry mcp      serves the running app's traces to a coding agent, by standard input and output
      --url http://127.0.0.1:4319 --token SECRET (default: this user's newest app with devtools)
`;

const OPTIONS = {
  port: { type: 'string' },
  'http-port': { type: 'string' },
  'grpc-port': { type: 'string' },
  host: { type: 'string' },
  token: { type: 'string' },
  folder: { type: 'string' },
  url: { type: 'string' },
  strict: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

async function run(args: readonly string[]): Promise<number | undefined> {
  const { positionals, values } = parse(args);
  const [command] = positionals;
  if (values.help === true || command === undefined) {
    process.stdout.write(USAGE);
    return command === undefined && values.help !== true ? 2 : 0;
  }
  switch (command) {
    case 'dev':
      return dev(values);
    case 'doctor':
      return doctor(values);
    case 'mcp':
      return mcp(values);
    default:
      process.stderr.write(`There is no command ${command}.\n\n${USAGE}`);
      return 2;
  }
}

/** Runs devtools until the process is interrupted. */
async function dev(values: Values): Promise<undefined> {
  const { startDevtools } = await import('./start-devtools.js');
  const { host = '127.0.0.1', token } = values;
  const devtools = await startDevtools({
    host,
    ...(token === undefined ? {} : { token }),
    ...portOf('port', values.port),
    ...portOf('grpcPort', values['grpc-port']),
    ...portOf('httpPort', values['http-port']),
  });
  process.stdout.write(
    `Devtools: ${devtools.url}\nOTLP over gRPC: http://${host}:${devtools.grpcPort}\n` +
      `OTLP over HTTP: http://${host}:${devtools.httpPort}\n`,
  );
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  await devtools.close();
  return undefined;
}

async function doctor(values: Values): Promise<number> {
  const { examine, exitCode, report } = await import('./doctor/doctor.js');
  const findings = await examine({ folder: values.folder ?? process.cwd(), env: process.env });
  const text = values.json === true ? JSON.stringify(findings, undefined, 2) : report(findings);
  process.stdout.write(`${text}\n`);
  return exitCode(findings, values.strict === true);
}

async function mcp(values: Values): Promise<number> {
  const [{ serveMcp }, { DevtoolsClient }, { runningServers }] = await Promise.all([
    import('./mcp/mcp-server.js'),
    import('./mcp/devtools-client.js'),
    import('./discovery.js'),
  ]);
  const found = runningServers().at(-1);
  const url = new URL(values.url ?? found?.origin ?? 'http://127.0.0.1:4319');
  const known = runningServers().find(({ origin }) => origin === url.origin);
  const token = values.token ?? url.searchParams.get('token') ?? known?.token ?? '';
  await serveMcp(new DevtoolsClient(url.origin, token), process.stdin, process.stdout);
  return 0;
}

/** Reads the port in an option of the command line. @throws TelemetryError if the value is not a port */
function portOf<Name extends string>(name: Name, given: string | undefined): Partial<Record<Name, number>> {
  if (given === undefined) return {};
  const port = Number(given);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TelemetryError('TELEMETRY_CONFIG_INVALID', `Expected a port, 0 to 65,535, got \`${given}\`.`);
  }
  return { [name]: port } as Partial<Record<Name, number>>;
}

run(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (problem: unknown) => {
    const { code } = problem as { code?: string };
    const usual = problem instanceof TelemetryError || code?.startsWith('ERR_PARSE_ARGS') === true;
    process.stderr.write(usual ? `${(problem as Error).message}\n` : `${String((problem as Error).stack)}\n`);
    process.exitCode = 2;
  },
);
