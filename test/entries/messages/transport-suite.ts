import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { SpanRecorder } from '../../../src/testing/index.js';
import { namedSpans, type NamedSpan } from '../../support/named-spans.js';
import { goThrough, type MessageSetUp, type Mode, type Outcome } from './situations.js';

/** A transport of Nest's that the table of situations is run over. */
export interface MessageTransport extends MessageSetUp {
  readonly name: string;
  /** The client's attributes: where it sends to. */
  readonly sender: Attributes;
  /** Attributes that the transport gives a received message. @param pattern - without the name of the app */
  received(pattern: string): Attributes;
  /** Answers that the transport turns into something else. */
  readonly answers?: Readonly<Record<string, unknown>>;
  /** The queue that all patterns share; else each has a channel of its own. */
  readonly queue?: string;
  /** Spans of a request for which nobody has a handler. */
  nobody(transport: MessageTransport): readonly NamedSpan[];
  /** Whether the client learns that its server is gone; else it waits in vain. */
  readonly tellsOfDeath: boolean;
}

/** Differ from run to run. */
const VOLATILE = new Set(['messaging.rabbitmq.message.delivery_tag', 'messaging.kafka.offset']);

/** Spans without the name of their app, and without what differs from run to run. */
function comparable({ client, server }: Outcome, app: string): readonly NamedSpan[] {
  const spans = namedSpans([...client.spans(), ...server.spans()]).map((span) => ({
    ...span,
    attributes: Object.fromEntries(Object.entries(span.attributes).filter(([name]) => !VOLATILE.has(name))),
  }));
  return JSON.parse(JSON.stringify(spans).replaceAll(`${app}.`, '')) as readonly NamedSpan[];
}

export function client({ sender }: MessageTransport, method: string): NamedSpan {
  const attributes = { ...sender, 'rpc.system.name': 'nestjs', 'rpc.method': method };
  return { name: method, kind: 'CLIENT', status: { code: 'UNSET' }, attributes };
}

function server(transport: MessageTransport, method: string): NamedSpan {
  return {
    name: method,
    kind: 'SERVER',
    parent: `CLIENT ${method}`,
    status: { code: 'UNSET' },
    attributes: {
      ...transport.received(method),
      'code.function.name': `StockController.${method}`,
      'rpc.system.name': 'nestjs',
      'rpc.method': method,
    },
  };
}

function event(transport: MessageTransport, name: string, failure?: readonly [string, string]): NamedSpan[] {
  const { sender, queue = name } = transport;
  const operation = (of: string) => ({
    'messaging.operation.name': of,
    'messaging.operation.type': of,
    'messaging.system': sender['messaging.system'] ?? 'tcp',
  });
  const producer: NamedSpan = {
    name: `send ${name}`,
    kind: 'PRODUCER',
    status: { code: 'UNSET' },
    attributes: { ...sender, ...operation('send'), 'messaging.destination.name': queue },
  };
  const consumer: NamedSpan = {
    name: `process ${name}`,
    kind: 'CONSUMER',
    status: { code: 'UNSET' },
    attributes: {
      'messaging.destination.name': name,
      ...transport.received(name),
      ...operation('process'),
      'code.function.name': `StockController.${name}`,
    },
    links: [`PRODUCER send ${name}`],
  };
  return [producer, failure === undefined ? consumer : failed(consumer, ...failure)];
}

export function failed(span: NamedSpan, type: string, message: string, more: Attributes = {}): NamedSpan {
  return {
    ...span,
    status: { code: 'ERROR', message },
    attributes: { ...span.attributes, ...more, 'error.type': type },
    exceptions: [type],
  };
}

/** Spans of a request whose server says that it has no handler. */
export function nobodyTold(transport: MessageTransport): readonly NamedSpan[] {
  const message = 'There is no matching message handler defined in the remote service.';
  const asked = client(transport, 'nobody');
  const attributes = {
    ...transport.received('nobody'),
    'rpc.system.name': 'nestjs',
    'rpc.method': '_OTHER',
    'rpc.method_original': 'nobody',
  };
  return [
    failed(asked, 'string', message),
    failed(
      { ...asked, name: '_OTHER', kind: 'SERVER', parent: 'CLIENT nobody', attributes },
      'NoMessageHandlerError',
      message,
    ),
  ];
}

function having(span: NamedSpan, attributes: Attributes): NamedSpan {
  return { ...span, attributes: { ...span.attributes, ...attributes } };
}

function expectedSpans(transport: MessageTransport): readonly NamedSpan[] {
  const both = (method: string): NamedSpan[] => [client(transport, method), server(transport, method)];
  const failing = (method: string, told: string, type: string, message: string, more?: Attributes) => [
    failed(client(transport, method), 'Error', told, more),
    failed(server(transport, method), type, message, more),
  ];
  const internal = 'Internal server error';
  // Who has had a value may leave without a word, as `firstValueFrom` does.
  const cancelled: Attributes = transport.blocks === true ? {} : { 'error.type': 'cancelled' };
  const cutOff = (method: string) => having(server(transport, method), { 'nestjs.entry.aborted': true });
  const dying = client(transport, 'dies');
  return [
    ...both('sum'),
    ...both('later'),
    ...both('count'),
    ...failing('denied', 'Forbidden resource', 'RpcException', 'Forbidden resource'),
    ...failing('refuses', 'out of stock', 'RpcException', 'out of stock', {
      'rpc.response.status_code': 'NO_STOCK',
    }),
    ...failing('throws', internal, 'TypeError', 'no such thing'),
    ...failing('breaks', internal, 'RangeError', 'half way'),
    failed(client(transport, 'piped'), 'Error', internal),
    // A caller's mistake is not the server's failure.
    having(server(transport, 'piped'), { 'error.type': 'BadRequestException' }),
    ...both('piped'),
    ...transport.nobody(transport),
    ...event(transport, 'lost', ['RangeError', 'lost']),
    ...(transport.redelivers === true ? event(transport, 'lost').slice(1) : []),
    ...event(transport, 'shipped'),
    having(client(transport, 'waits'), cancelled),
    cutOff('waits'),
    transport.tellsOfDeath ? failed(dying, 'Error', 'Connection closed') : having(dying, cancelled),
    cutOff('dies'),
  ];
}

const ANSWERS = {
  sum: [6],
  later: ['later'],
  count: [0, 1, 2],
  denied: { error: '{"status":"error","message":"Forbidden resource"}' },
  refuses: { error: '{"code":"NO_STOCK","message":"out of stock"}' },
  throws: { error: '{"status":"error","message":"Internal server error"}' },
  breaks: { error: '{"status":"error","message":"Internal server error"}' },
  piped: [{ error: '{"status":"error","message":"Internal server error"}' }, [7]],
};

/** Runs the table of situations over one transport. */
export function describeTransport(transport: MessageTransport): void {
  const run = Date.now().toString(36);
  let apps = 0;
  const start = async (mode: Mode): Promise<Outcome & { readonly app: string }> => {
    const app = `app-${run}-${(apps += 1)}`;
    return { ...(await goThrough(transport, app, mode)), app };
  };
  let bare: Outcome['answers'] | undefined;
  const bareAnswers = async (): Promise<Outcome['answers']> => (bare ??= (await start(false)).answers);

  describe(transport.name, () => {
    it('has whole spans for success, failures, streams, nobody, impatient clients and dying servers', async () => {
      const { app, ...outcome } = await start({});
      expect(comparable(outcome, app)).toEqual(expectedSpans(transport));
      const lost = transport.redelivers === true ? ['lost', 'lost'] : ['lost'];
      expect(outcome.answers).toMatchObject({
        ...ANSWERS,
        ...transport.answers,
        seen: [...lost, 'shipped 2', 'waits', 'dies'],
      });
      expect(outcome.answers).toEqual(await bareAnswers());
    }, 60_000);

    it('belongs to the nearer of two instances', async () => {
      const { answers, client: asking, server: root, near } = await start('two');
      const kinds = (of: SpanRecorder) => [...new Set(namedSpans(of.spans()).map(({ kind }) => kind))].sort();
      expect(kinds(asking)).toEqual(['CLIENT', 'PRODUCER']);
      expect(kinds(near)).toEqual(['CONSUMER', 'SERVER']);
      // A message without a handler is in no module.
      const ofNobody = transport.nobody(transport).filter(({ kind }) => kind === 'SERVER');
      expect(root.spans().map(({ name }) => name)).toEqual(ofNobody.map(({ name }) => name));
      expect(answers).toEqual(await bareAnswers());
    }, 60_000);

    it.each<[string, Mode]>([
      ['sampled out', { sampler: 0 }],
      ['off', { entries: { microservices: false } }],
      ['excluded by pattern', { entries: { microservices: { exclude: ['*'] } } }],
      ['disabled', { enabled: false }],
    ])(
      'makes no spans where it is %s, and changes nothing',
      async (_what, mode) => {
        const { answers, client: asking, server: serving } = await start(mode);
        expect([...asking.spans(), ...serving.spans()]).toEqual([]);
        expect(answers).toEqual(await bareAnswers());
      },
      60_000,
    );
  });
}
