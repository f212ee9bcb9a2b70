import type { Attributes } from '@opentelemetry/api';
import type { HttpClientsConfig } from '../../config/clients-config.js';
import { compileQueryRedaction, type QueryRedaction } from '../../pipeline/masking/query-redaction.js';
import { beginCall, type CallFailure, type CallMetricPlan, type ClientCall } from '../client-call.js';
import type { FlowContext } from '../../context/flow-context.js';
import { compileExclusion, type Exclusion } from './exclusion.js';
import { fullUrl, hostWithPort, type OutgoingUrl } from './outgoing-url.js';
import { expectResend, resendCount } from './resends.js';

const METRIC: CallMetricPlan = {
  name: 'http.client.request.duration',
  keys: [
    'http.request.method',
    'server.address',
    'server.port',
    'url.scheme',
    'http.response.status_code',
    'network.protocol.version',
    'error.type',
  ],
};

/** Statuses after which clients may retry automatically. */
const RETRIED: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

const METHODS: ReadonlySet<string> = new Set(
  'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY'.split(' '),
);

/** The headers of a request that has not been sent. */
export interface OutgoingHeaders {
  has(name: string): boolean;
  add(name: string, value: string): void;
}

interface Compiled {
  readonly excludes: Exclusion;
  readonly redactQuery: QueryRedaction;
}

const compiled = new WeakMap<HttpClientsConfig, Compiled>();

/** Begins to record an outgoing request, and writes trace context and baggage into its headers. */
export function beginRequest(
  source: { readonly name: string; readonly library: 'http' },
  method: string,
  url: OutgoingUrl,
  headers: OutgoingHeaders,
  context?: FlowContext,
): OutgoingRequest | undefined {
  const call = beginCall(
    source,
    (options) => {
      const { excludes, redactQuery } = compile(options);
      if (excludes(url)) return undefined;
      return {
        name: METHODS.has(method) ? method : 'HTTP',
        attributes: requestAttributes(method, url, redactQuery),
        metric: METRIC,
      };
    },
    context,
  );
  if (call === undefined) return undefined;
  const resends = resendCount(call, url);
  if (resends > 0) call.set({ 'http.request.resend_count': resends });
  writeHeaders(call, url, headers);
  return new OutgoingRequest(call, url);
}

/** A running request. */
export class OutgoingRequest {
  private status: number | undefined;

  constructor(
    private readonly call: ClientCall,
    private readonly url: OutgoingUrl,
  ) {}

  /** Records the response's head; the request ends with the body. */
  answered(answer: HttpAnswer): void {
    const { status, protocolVersion } = answer;
    this.status = status;
    const length = answer.header('content-length');
    const size = typeof length === 'string' && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
    this.call.set({
      'http.response.status_code': status,
      ...(size === undefined ? {} : { 'http.response.body.size': size }),
      ...(protocolVersion === undefined ? {} : { 'network.protocol.version': protocolVersion }),
    });
    if (status >= 300 && status < 400) expectResend(this.call, this.url, answer.header('location'));
    else if (RETRIED.has(status)) expectResend(this.call, this.url);
  }

  /** Ends the request: the body was read, or its reader has stopped. */
  end(): void {
    const { status } = this;
    if (status === undefined) this.fail({ code: 'aborted' });
    else this.call.end(status >= 400 ? { type: String(status) } : undefined);
  }

  /** Ends the request as failed: there was no response, or only a part of it. */
  fail(error: unknown): void {
    expectResend(this.call, this.url);
    this.call.end(networkFailure(error));
  }
}

/** The head of a response. */
export interface HttpAnswer {
  readonly status: number;
  readonly protocolVersion?: string | undefined;
  /** Returns the value of a header; only text counts. */
  header(name: string): unknown;
}

/** Describes the failure of a request without a complete response. */
function networkFailure(error: unknown): CallFailure {
  const { code, name, cause } = (Object(error) ?? {}) as {
    code?: unknown;
    name?: unknown;
    cause?: { code?: unknown };
  };
  const known = [code, cause?.code, name].find((item) => typeof item === 'string' && item !== '');
  return { type: typeof known === 'string' ? known : '_OTHER' };
}

function requestAttributes(
  method: string,
  url: OutgoingUrl,
  redactQuery: Compiled['redactQuery'],
): Attributes {
  const known = METHODS.has(method);
  return {
    'http.request.method': known ? method : '_OTHER',
    ...(known ? {} : { 'http.request.method_original': method }),
    'url.full': fullUrl(url, redactQuery),
    'server.address': url.hostname,
    'server.port': url.port,
  };
}

function writeHeaders(call: ClientCall, url: OutgoingUrl, headers: OutgoingHeaders): void {
  const { propagation } = call.instance.pipeline;
  const entries = Object.entries(propagation.headersTo(hostWithPort(url), call.outgoing));
  const traced = entries.filter(([name]) => !isBaggage(name));
  const present = traced.find(([name]) => headers.has(name));
  if (present !== undefined) call.set({ 'nestjs.propagation.kept': present[0] });
  for (const [name, value] of entries) {
    if (headers.has(name) || (present !== undefined && !isBaggage(name))) continue;
    headers.add(name, value);
  }
}

function isBaggage(header: string): boolean {
  return header === 'baggage' || header.startsWith('uberctx-');
}

function compile(options: HttpClientsConfig): Compiled {
  let known = compiled.get(options);
  if (known === undefined) {
    known = {
      excludes: compileExclusion(options.exclude ?? []),
      redactQuery: compileQueryRedaction(options.redactQuery ?? []),
    };
    compiled.set(options, known);
  }
  return known;
}
