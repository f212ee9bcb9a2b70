import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import { Ctx, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import {
  Client as NewClient,
  StreamableHTTPClientTransport as NewClientTransport,
} from '@modelcontextprotocol/client';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer as OldServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { McpServer as NewServer } from '@modelcontextprotocol/server';
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { McpController, McpStrategy, StreamableHttpTransport, Tool, type McpContext } from '@rekog/mcp-nest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { GenAiModule, GenAiTracer } from '../../src/entry-points/genai.js';
import { BaggageService, MeterManager, TracerManager, type TelemetryModuleOptions } from '../../src/index.js';
import type { SpanRecorder } from '../../src/testing/index.js';
import { startApp, type TestApp } from '../support/test-app.js';

const INFO = { name: 'test', version: '1' };
const TEXT = (text: string) => ({ content: [{ type: 'text' as const, text }] });

interface Caller {
  callTool(params: { name: string; arguments?: Record<string, unknown> }): Promise<unknown>;
  close(): Promise<void>;
}

interface Bench {
  readonly app: TestApp;
  readonly recorder: SpanRecorder;
  readonly manager: TracerManager;
  readonly baggage: BaggageService;
  readonly client: Caller;
}

/** One generation of the SDK, or what is built on it. */
interface Kit {
  readonly app: (options: TelemetryModuleOptions) => Promise<TestApp>;
  readonly client: (url: URL, genAi: GenAiTracer) => Promise<Caller>;
}

function run(manager: TracerManager, baggage: BaggageService, text: string): ReturnType<typeof TEXT> {
  return manager.withSpan('forecast', () => {
    if (text === 'fail') throw new RangeError('No canary there.');
    return TEXT(`sunny for ${baggage.get('user.id') ?? 'nobody'}`);
  });
}

/** A server for each request, as the SDK's documents have it. */
function controllerOf(
  serve: (
    run: (text: string) => unknown,
    instrument: (server: object) => void,
    request: IncomingMessage & { readonly body?: unknown },
    response: ServerResponse,
  ) => Promise<void>,
): new (...args: never[]) => object {
  @Controller('mcp')
  class McpEndpoint {
    constructor(
      @Inject(GenAiTracer) private readonly genAi: GenAiTracer,
      @Inject(TracerManager) private readonly manager: TracerManager,
      @Inject(BaggageService) private readonly baggage: BaggageService,
    ) {}

    @All()
    serve(
      @Req() request: IncomingMessage & { readonly body?: unknown },
      @Res() response: ServerResponse,
    ): Promise<void> {
      const { genAi, manager, baggage } = this;
      return serve(
        (text) => run(manager, baggage, text),
        (server) => genAi.instrument(server),
        request,
        response,
      );
    }
  }
  return McpEndpoint;
}

const WEATHER = { inputSchema: { city: z.string() } };

const OldEndpoint = controllerOf(async (forecast, instrument, request, response) => {
  const server = new OldServer(INFO);
  server.registerTool('weather', WEATHER, ({ city }) => forecast(city) as never);
  instrument(server);
  const transport = new StreamableHTTPServerTransport({});
  response.on('close', () => void transport.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
});

const NewEndpoint = controllerOf(async (forecast, instrument, request, response) => {
  const server = new NewServer(INFO);
  server.registerTool(
    'weather',
    { inputSchema: z.object(WEATHER.inputSchema) },
    ({ city }) => forecast(city) as never,
  );
  instrument(server);
  const transport = new NodeStreamableHTTPServerTransport({});
  response.on('close', () => void transport.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
});

async function oldClient(url: URL, genAi: GenAiTracer): Promise<Caller> {
  const client = genAi.instrument(new OldClient(INFO));
  await client.connect(new OldClientTransport(url));
  return client;
}

async function newClient(url: URL, genAi: GenAiTracer): Promise<Caller> {
  const client = genAi.instrument(new NewClient(INFO));
  await client.connect(new NewClientTransport(url));
  return client;
}

@McpController()
class WeatherController {
  constructor(
    @Inject(TracerManager) private readonly manager: TracerManager,
    @Inject(BaggageService) private readonly baggage: BaggageService,
  ) {}

  @Tool({ name: 'weather', description: 'Tells the weather.', parameters: z.object(WEATHER.inputSchema) })
  weather(@Payload() { city }: { city: string }, @Ctx() _context: McpContext): ReturnType<typeof TEXT> {
    return run(this.manager, this.baggage, city);
  }
}

/** The module that Nest users take. */
function nestApp(telemetry: TelemetryModuleOptions): Promise<TestApp> {
  const mcp = new McpStrategy({ ...INFO, transports: [new StreamableHttpTransport()], logging: false });
  return startApp({
    telemetry,
    imports: [GenAiModule],
    controllers: [WeatherController],
    setup: async (app) => {
      mcp.setHttpAdapter(app.getHttpAdapter());
      app.get(GenAiTracer).instrument(mcp);
      app.connectMicroservice<MicroserviceOptions>({ strategy: mcp }, { inheritAppConfig: true });
      await app.startAllMicroservices();
    },
  });
}

const KITS: Readonly<Record<string, Kit>> = {
  'the SDK 1.x': {
    app: (telemetry) => startApp({ telemetry, imports: [GenAiModule], controllers: [OldEndpoint] }),
    client: oldClient,
  },
  'the split packages 2.x': {
    app: (telemetry) => startApp({ telemetry, imports: [GenAiModule], controllers: [NewEndpoint] }),
    client: newClient,
  },
  '@rekog/mcp-nest 2': { app: nestApp, client: newClient },
  '@rekog/mcp-nest 2, called with the SDK 1.x': { app: nestApp, client: oldClient },
};

async function start(kit: Kit, telemetry: TelemetryModuleOptions = {}): Promise<Bench> {
  const app = await kit.app({ clients: { http: true }, ...telemetry });
  const genAi = app.app.get(GenAiTracer);
  const client = await kit.client(new URL(`${app.url}/mcp`), genAi);
  onTestFinished(() => client.close());
  await app.recorder.waitFor(({ name, kind }) => name.startsWith('POST') && kind === 1);
  app.recorder.clear();
  return {
    app,
    recorder: app.recorder,
    manager: app.app.get(TracerManager),
    baggage: app.app.get(BaggageService),
    client,
  };
}

/** The spans that a call of a tool over HTTP makes, by their parts. */
function partsOf(
  recorder: SpanRecorder,
): Record<'caller' | 'mcpClient' | 'request' | 'mcpServer' | 'tool', ReadableSpan> {
  const find = (name: RegExp, kind?: number): ReadableSpan => {
    const found = recorder
      .spans()
      .find((span) => name.test(span.name) && (kind === undefined || span.kind === kind));
    if (found === undefined)
      throw new Error(
        `No ${String(name)}: ${recorder
          .spans()
          .map(({ name: each }) => each)
          .join(', ')}`,
      );
    return found;
  };
  return {
    caller: find(/^work$/),
    mcpClient: find(/^tools\/call weather$/, 2),
    request: find(/^POST/, 1),
    mcpServer: find(/^tools\/call weather$/, 1),
    tool: find(/^forecast$/),
  };
}

function call({ manager, client }: Bench, city = 'Paris'): Promise<unknown> {
  return manager.withSpan('work', () => client.callTool({ name: 'weather', arguments: { city } }));
}

const idOf = (span: ReadableSpan): string => span.spanContext().spanId;

describe.each(Object.entries(KITS))('over HTTP, %s', (_name, kit) => {
  it('the server’s span continues the caller’s, links the request, and has the tool below', async () => {
    const bench = await start(kit);
    expect(await call(bench)).toMatchObject(TEXT('sunny for nobody'));
    await bench.recorder.waitFor(({ name, kind }) => name.startsWith('POST') && kind === 1);
    const { caller, mcpClient, request, mcpServer, tool } = partsOf(bench.recorder);
    expect([mcpClient, mcpServer].map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([
      idOf(caller),
      idOf(mcpClient),
    ]);
    expect(mcpServer.links.map(({ context }) => context.spanId)).toEqual([idOf(request)]);
    expect(ancestors(bench.recorder, tool)).toContain(idOf(mcpServer));
    const traces = [caller, mcpClient, request, mcpServer, tool].map((span) => span.spanContext().traceId);
    expect(new Set(traces).size).toBe(1);
    const attributes: Attributes = {
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'weather',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
    };
    expect(mcpServer.attributes).toMatchObject(attributes);
    expect(mcpClient.attributes).toMatchObject({
      ...attributes,
      'server.address': '127.0.0.1',
      'server.port': bench.app.port,
      'mcp.protocol.version': expect.stringMatching(/^20\d\d-/) as unknown,
    });
  });

  it('the four histograms measure calls and sessions, with attributes of few values', async () => {
    const bench = await start(kit, { metrics: { readers: [{ type: 'prometheus' }] } });
    await call(bench);
    await bench.client.close();
    const page = await bench.app.app.get(MeterManager).scrape();
    const measured = [...page.matchAll(/^(mcp_\w+)_count\{(.*?)\} \d+$/gm)];
    expect(new Set(measured.map(([, name]) => name))).toEqual(
      new Set(
        ['client', 'server'].flatMap((role) =>
          ['operation', 'session'].map((of) => `mcp_${role}_${of}_duration`),
        ),
      ),
    );
    expect(page).toMatch(/mcp_client_operation_duration_count\{[^}]*gen_ai_tool_name="weather"/);
    expect(page).not.toMatch(/mcp_\w+\{[^}]*(request_id|session_id|resource_uri)=/);
  });

  it('baggage travels to hosts on the list alone', async () => {
    const told = async (baggageHosts: string[]): Promise<unknown> => {
      const bench = await start(kit, { propagation: { baggageHosts } });
      return bench.baggage.with({ 'user.id': 'ada' }, () => call(bench));
    };
    expect(await told(['127.0.0.1'])).toMatchObject(TEXT('sunny for ada'));
    expect(await told(['example.com'])).toMatchObject(TEXT('sunny for nobody'));
  });

  it('a tool that fails is a `tool_error` on both sides, and its message on no span of MCP', async () => {
    const bench = await start(kit);
    expect(await call(bench, 'fail')).toMatchObject({ isError: true });
    await bench.recorder.waitFor(({ name, kind }) => name.startsWith('POST') && kind === 1);
    const { mcpClient, mcpServer } = partsOf(bench.recorder);
    for (const { attributes, status, events } of [mcpClient, mcpServer]) {
      expect([attributes['error.type'], status]).toEqual(['tool_error', { code: 2 }]);
      expect(events).toEqual([]);
    }
  });
});

/** Ids of the spans above one. */
function ancestors(recorder: SpanRecorder, span: ReadableSpan): string[] {
  const parentId = span.parentSpanContext?.spanId;
  const parent = recorder.spans().find((other) => idOf(other) === parentId);
  return parent === undefined ? [] : [idOf(parent), ...ancestors(recorder, parent)];
}
