import { SpanKind, type Span } from '@opentelemetry/api';
import { EMPTY_CONTEXT, Flow, type FlowContext } from '../../context/flow-context.js';
import type { RemoteContext } from '../../context/propagation.js';
import { headersOf, type MessageHeaders } from '../../entries/entry-carrier.js';
import { activating } from '../../tracing/stream-span.js';
import type { TelemetryInstance } from '../instance/telemetry-instance.js';

const ACTIVE_CONNECTIONS = 'nestjs.websocket.active_connections';

/** One client of a gateway, from its handshake to its end. */
export class SocketConnection {
  readonly headers: MessageHeaders;
  readonly span: Span | undefined;
  /** The context of the gateway's hooks, with the baggage of the handshake. */
  readonly context: FlowContext;
  private readonly waiting = new Set<() => void>();
  private open = true;

  constructor(
    client: object,
    request: unknown,
    private readonly instance: TelemetryInstance,
    private readonly system: string,
  ) {
    this.headers = handshakeHeaders(client, request);
    const remote = instance.pipeline.propagation.receive({ headers: this.headers });
    const flow = new Flow(undefined, remote?.baggage, undefined, undefined);
    const context = EMPTY_CONTEXT.withFlow(flow);
    this.span = instance.entryRules.socketConnections ? this.start(context, remote) : undefined;
    this.context = this.span === undefined ? context : activating(this.span, context);
    this.count(1);
  }

  /** Calls `release` when the client disconnects, unless the returned function was called before. */
  untilClosed(release: () => void): () => void {
    if (!this.open) {
      release();
      return () => undefined;
    }
    this.waiting.add(release);
    return () => this.waiting.delete(release);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    for (const release of [...this.waiting]) release();
    this.waiting.clear();
    this.span?.end();
    this.count(-1);
  }

  private start(context: FlowContext, remote: RemoteContext | undefined): Span {
    const links = remote?.spanContext === undefined ? [] : [{ context: remote.spanContext }];
    const attributes = { 'websocket.library': this.system };
    const options = { kind: SpanKind.SERVER, attributes, links };
    return this.instance.tracer.start('websocket connection', options, context);
  }

  private count(change: number): void {
    const { callMeter } = this.instance.pipeline;
    if (callMeter?.enabled === true)
      callMeter.countOpen(ACTIVE_CONNECTIONS, change, { 'websocket.library': this.system });
  }
}

/** Reads the headers of socket.io's handshake, or of the upgrade request that `ws` passes on. */
function handshakeHeaders(client: object, request: unknown): MessageHeaders {
  const { handshake, upgradeReq } = client as {
    handshake?: { headers?: unknown };
    upgradeReq?: { headers?: unknown };
  };
  const { headers } = Object(request) as { headers?: unknown };
  return headersOf(handshake?.headers ?? headers ?? upgradeReq?.headers) ?? {};
}
