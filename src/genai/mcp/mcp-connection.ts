import { SpanKind, SpanStatusCode, type Attributes, type Span } from '@opentelemetry/api';
import { activeContext, FlowContext, runInContext } from '../../context/flow-context.js';
import { contextFrom } from '../../context/propagation.js';
import type { CallMeter, HistogramDefinition } from '../../pipeline/call-meter.js';
import { monotonicMillis } from '../../tracing/clock.js';
import type { TracerManager } from '../../tracing/tracer-manager.js';
import { defined, fieldsOf, textOf, type Fields } from '../answers/fields.js';
import { MCP } from '../attribute-names.js';
import { activeCall } from '../current-call.js';
import type { GenAiHost } from '../genai-host.js';
import { showsErrors, startCall, type StartedCall } from '../run-call.js';
import { serverOf } from '../clients/server-address.js';
import {
  cancellationOf,
  failureOf,
  mcpRequestAttributes,
  spanNameOf,
  mcpTargetOf,
  type McpFailure,
  type McpMessage,
  type McpTransport,
} from './mcp-message.js';

/** The watched side of a connection; both sides can send requests. */
export type McpRole = 'client' | 'server';

/** The conventions' buckets, in seconds. */
const SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
/** Attributes that are not put on metrics, since each request has other values. */
const UNMEASURED: ReadonlySet<string> = new Set([MCP.requestId, MCP.session, MCP.resource]);
const CLOSED: McpFailure = { type: 'connection_closed' };

function duration(role: McpRole, of: 'operation' | 'session'): HistogramDefinition {
  const description = `Duration of an MCP ${of}, as its ${role} sees it.`;
  return { name: `mcp.${role}.${of}.duration`, description, unit: 's', boundaries: SECONDS };
}

/** A request that waits for its response. */
interface Pending {
  readonly started: StartedCall | undefined;
  readonly span: Span;
  readonly attributes: Attributes;
  readonly meter: CallMeter | undefined;
  readonly role: McpRole;
  readonly begun: number;
  /** Whether the span belongs to other code, which also ends it. */
  readonly adopted: boolean;
  /** Whether error messages are recorded. */
  readonly showsErrors: boolean;
}

/**
 * One connection of a client or a server. Each request, in either direction, is a span until its response.
 */
export class McpConnection {
  private readonly sent = new Map<unknown, Pending>();
  private readonly received = new Map<unknown, Pending>();
  private readonly openedAt = monotonicMillis();
  private protocol: string | undefined;
  private closed = false;

  constructor(
    private readonly transport: McpTransport,
    private readonly role: McpRole,
    private readonly host: GenAiHost,
  ) {}

  /** Called for an outgoing message. @param forward - sends it, with trace context */
  sending<T>(message: McpMessage, forward: (message: McpMessage) => T): T {
    this.noteCancellation(message, this.sent);
    if (message.method === undefined) {
      this.endRequest(this.received, message);
      return forward(message);
    }
    const manager = this.host.manager();
    if (message.id === undefined || manager?.isEnabled() !== true) return forward(message);
    const pending = this.beginSent(message, manager);
    this.sent.set(message.id, pending);
    const context = pending.started?.context ?? activeContext().withSpan(pending.span);
    return runInContext(context, () => forward(this.withContext(message, manager, context)));
  }

  /** Called for an incoming message. @param handle - the protocol's own handler */
  receiving(message: McpMessage, handle: () => void): void {
    this.noteCancellation(message, this.received);
    if (message.method === undefined) this.endRequest(this.sent, message);
    const manager = this.host.manager();
    if (message.method === undefined || message.id === undefined || manager?.isEnabled() !== true) {
      handle();
      return;
    }
    const parent = this.callerOf(message, manager);
    const { span: ambient } = activeContext();
    const links =
      parent.span === ambient || ambient === undefined ? [] : [{ context: ambient.spanContext() }];
    const pending = this.begin(message, manager, 'server', parent);
    for (const link of links) pending.span.addLink(link);
    this.received.set(message.id, pending);
    runInContext(pending.started?.context ?? parent.withSpan(pending.span), handle);
  }

  /** Ends all pending requests, since the connection is closed. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const pending of [this.sent, this.received].flatMap((map) => [...map.values()])) {
      this.finish(pending, CLOSED, undefined);
    }
    this.sent.clear();
    this.received.clear();
    const manager = this.host.manager();
    if (manager?.isEnabled() !== true) return;
    const seconds = (monotonicMillis() - this.openedAt) / 1000;
    meterOf(manager)?.record(
      duration(this.role, 'session'),
      seconds,
      this.measured(this.connectionAttributes()),
    );
  }

  /**
   * Begins a sent request. An active `execute_tool` span already describes the tool call, so it is used
   * instead of a new one.
   */
  private beginSent(message: McpMessage, manager: TracerManager): Pending {
    const { tool } = mcpTargetOf(message);
    const around = tool === undefined ? undefined : activeCall();
    if (around?.operation !== 'execute_tool') {
      return this.begin(message, manager, 'client', activeContext());
    }
    const attributes = { ...mcpRequestAttributes(message), ...this.connectionAttributes() };
    around.span.setAttributes(attributes);
    return this.pending(undefined, around.span, attributes, manager, 'client', true);
  }

  private begin(message: McpMessage, manager: TracerManager, role: McpRole, parent: FlowContext): Pending {
    const attributes = { ...mcpRequestAttributes(message), ...this.connectionAttributes() };
    const kind = role === 'client' ? SpanKind.CLIENT : SpanKind.SERVER;
    const { tool } = mcpTargetOf(message);
    const spanName = spanNameOf(message);
    if (tool === undefined) {
      const span = manager.startSpan(spanName, { kind, attributes, parent });
      return this.pending(undefined, span, attributes, manager, role, false);
    }
    const input = message.params?.['arguments'];
    const options = { tool: { name: tool }, spanName, kind, attributes, parent, input, measured: false };
    const started = startCall(manager, 'execute_tool', options);
    return this.pending(started, started.span, attributes, manager, role, false);
  }

  private pending(
    started: StartedCall | undefined,
    span: Span,
    attributes: Attributes,
    manager: TracerManager,
    role: McpRole,
    adopted: boolean,
  ): Pending {
    const begun = monotonicMillis();
    const meter = meterOf(manager);
    return { started, span, attributes, meter, role, begun, adopted, showsErrors: showsErrors(manager) };
  }

  private endRequest(waiting: Map<unknown, Pending>, message: McpMessage): void {
    const pending = waiting.get(message.id);
    if (pending === undefined) return;
    waiting.delete(message.id);
    this.noteProtocol(message.result);
    this.finish(pending, failureOf(message), message.result);
  }

  private noteCancellation(message: McpMessage, waiting: Map<unknown, Pending>): void {
    const cancelled = cancellationOf(message);
    const pending = cancelled && waiting.get(cancelled.id);
    if (cancelled === undefined || pending === undefined) return;
    waiting.delete(cancelled.id);
    this.finish(pending, cancelled.failure, undefined);
  }

  private finish(pending: Pending, failure: McpFailure | undefined, result: unknown): void {
    const { started, span, meter, role, adopted } = pending;
    const failed: Attributes = defined<Attributes>({
      'error.type': failure?.type,
      [MCP.status]: failure?.code,
    });
    span.setAttributes({ ...this.connectionAttributes(), ...failed });
    if (failure !== undefined && failure.expected !== true) {
      const { code, message } = failure;
      const shown = message === undefined || pending.showsErrors ? message : `JSON-RPC error ${code ?? ''}`;
      span.setStatus(defined({ code: SpanStatusCode.ERROR, message: shown }));
    }
    if (failure === undefined && result !== undefined) started?.call.setOutput(result);
    if (!adopted) span.end();
    const seconds = (monotonicMillis() - pending.begun) / 1000;
    const measured = { ...pending.attributes, ...this.connectionAttributes(), ...failed };
    meter?.record(duration(role, 'operation'), seconds, this.measured(measured));
  }

  /** Reads the caller's context from the message, or uses the running context if there is none. */
  private callerOf({ params }: McpMessage, manager: TracerManager): FlowContext {
    const meta = fieldsOf(params?.['_meta']);
    const headers: Record<string, string> = {};
    for (const name of ['traceparent', 'tracestate', 'baggage']) {
      const value = textOf(meta[name]);
      if (value !== undefined) headers[name] = value;
    }
    const remote = manager.pipeline.propagation.receive({ headers });
    const current = activeContext();
    if (remote === undefined) return current;
    const { spanContext, baggage = current.flow?.baggage } = remote;
    const continued = contextFrom({ spanContext, baggage });
    return spanContext === undefined
      ? new FlowContext(current.span, continued.flow, current.base)
      : continued;
  }

  private withContext(message: McpMessage, manager: TracerManager, context: FlowContext): McpMessage {
    const { hostname = '', port = '' } = this.address ?? {};
    const headers = manager.pipeline.propagation.headersTo(
      port === '' ? hostname : `${hostname}:${port}`,
      context,
    );
    const { params = {} } = message;
    // Entries that the app wrote stay unchanged.
    const meta: Fields = { ...headers, ...fieldsOf(params['_meta']) };
    return { ...message, params: { ...params, _meta: meta } };
  }

  /** Returns the address of a client's requests, if they go over HTTP. */
  private get address(): URL | undefined {
    const { _url: url } = this.transport as { _url?: unknown };
    return url instanceof URL ? url : undefined;
  }

  private connectionAttributes(): Attributes {
    const { constructor, sessionId } = this.transport;
    const kind = constructor.name;
    const overHttp = /http|sse/i.test(kind);
    const server = serverOf(this.address?.href);
    return defined<Attributes>({
      [MCP.session]: textOf(sessionId),
      [MCP.protocol]: this.protocol,
      'network.transport': overHttp ? 'tcp' : /stdio/i.test(kind) ? 'pipe' : undefined,
      'network.protocol.name': overHttp ? 'http' : undefined,
      'server.address': server?.address,
      'server.port': server?.port,
    });
  }

  private noteProtocol(result: unknown): void {
    this.protocol = textOf(fieldsOf(result)['protocolVersion']) ?? this.protocol;
  }

  private measured(attributes: Attributes): Attributes {
    return Object.fromEntries(Object.entries(attributes).filter(([name]) => !UNMEASURED.has(name)));
  }
}

function meterOf(manager: TracerManager): CallMeter | undefined {
  const { callMeter } = manager.pipeline;
  return callMeter?.enabled === true ? callMeter : undefined;
}
