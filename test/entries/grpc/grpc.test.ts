import type { Attributes } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import type { SpanRecorder } from '../../../src/testing/index.js';
import { namedSpans, type NamedSpan } from '../../support/named-spans.js';
import { ANSWERED, EXPIRING, FAILING, goThrough, WAITING, type Mode, type Outcome } from './situations.js';

let bare: Outcome['answers'] | undefined;
const bareAnswers = async (): Promise<Outcome['answers']> => (bare ??= (await goThrough(false)).answers);

/** The pair of spans of one call. */
function call(
  method: string,
  code: string,
  {
    port,
    told,
    failure,
    message,
  }: {
    readonly port: number;
    /** The message of the client's error. */
    readonly told?: string;
    /** Class of the error that the handler threw, where it is the server's fault. */
    readonly failure?: string;
    readonly message?: string;
  },
): NamedSpan[] {
  const name = `shop.Stock/${method}`;
  const rpc = { 'rpc.system.name': 'grpc', 'rpc.method': name, 'rpc.response.status_code': code };
  const error = (type: string): Attributes => ({ 'error.type': type });
  const isServerFault = SERVER_FAULTS.includes(code);
  const own = method.charAt(0).toLowerCase() + method.slice(1);
  const serverStatus = isServerFault
    ? { code: 'ERROR', ...(message === undefined ? {} : { message }) }
    : { code: 'UNSET' };
  return [
    {
      name,
      kind: 'CLIENT',
      status: told === undefined ? { code: 'UNSET' } : { code: 'ERROR', message: told },
      attributes: {
        ...rpc,
        'server.address': '127.0.0.1',
        'server.port': port,
        ...(told === undefined ? {} : error(code)),
        ...(code === 'CANCELLED' ? error('cancelled') : {}),
      },
      ...(told === undefined ? {} : { exceptions: ['Error'] }),
    },
    {
      name,
      kind: 'SERVER',
      parent: `CLIENT ${name}`,
      status: serverStatus as NamedSpan['status'],
      attributes: {
        ...rpc,
        ...(method.startsWith('Nobody') ? {} : { 'code.function.name': `StockController.${own}` }),
        ...(isServerFault ? error(code) : {}),
      },
      ...(failure === undefined ? {} : { exceptions: [failure] }),
    },
  ];
}

const SERVER_FAULTS = [
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
];

/** The code of each failing call, what its client is told, and the error that is the server's fault. */
const FAILURES: Readonly<
  Record<(typeof FAILING)[number], readonly [string, string | undefined, string?, string?]>
> = {
  Denied: ['UNKNOWN', '2 UNKNOWN: Forbidden resource', 'Forbidden resource', 'RpcException'],
  // A caller's mistake, which Nest answers as its own failure: no exception is worth a look.
  Piped: ['UNKNOWN', '2 UNKNOWN: Internal server error', 'Validation failed (numeric string is expected)'],
  Refuses: ['NOT_FOUND', '5 NOT_FOUND: no such item'],
  Faults: ['UNAVAILABLE', '14 UNAVAILABLE: out of order', 'out of order', 'RpcException'],
  Throws: ['UNKNOWN', '2 UNKNOWN: Internal server error', 'no such thing', 'TypeError'],
  Filtered: ['ALREADY_EXISTS', '6 ALREADY_EXISTS: there is one already'],
  Rescued: ['OK', undefined],
  Unwritable: ['INTERNAL', '13 INTERNAL: Error serializing response'],
  Breaks: ['DATA_LOSS', '15 DATA_LOSS: half way', 'half way', 'RpcException'],
  BreaksBoth: ['INVALID_ARGUMENT', '3 INVALID_ARGUMENT: bad item'],
  Nobody: nobody('Nobody'),
  NobodyMany: nobody('NobodyMany'),
  NobodySum: nobody('NobodySum'),
  NobodyBoth: nobody('NobodyBoth'),
};

function nobody(method: string): readonly [string, string] {
  return ['UNIMPLEMENTED', `12 UNIMPLEMENTED: The server does not implement the method ${method}`];
}

function expectedSpans(port: number): NamedSpan[] {
  const double = (method: string): NamedSpan => ({
    name: 'double',
    kind: 'INTERNAL',
    parent: `SERVER shop.Stock/${method}`,
    status: { code: 'UNSET' },
    attributes: {},
  });
  return [
    ...ANSWERED.flatMap((method) => [
      ...call(method, 'OK', { port }),
      // For each message of a stream there is work inside of the call.
      ...(['Both', 'Pass'].includes(method) ? [double(method), double(method)] : []),
    ]),
    ...FAILING.flatMap((method) => {
      const [code, told, message, failure] = FAILURES[method];
      return call(method, code, {
        port,
        ...(told === undefined ? {} : { told }),
        ...(message === undefined ? {} : { message }),
        ...(failure === undefined ? {} : { failure }),
      });
    }),
    ...WAITING.flatMap((method) => call(method, 'CANCELLED', { port })),
    ...EXPIRING.flatMap((method) =>
      call(method, 'DEADLINE_EXCEEDED', { port, told: '4 DEADLINE_EXCEEDED: Deadline exceeded' }),
    ),
  ];
}

/** Without the times that grpc-js puts into a message. */
function withoutTimes(span: NamedSpan): NamedSpan {
  const { message } = span.status;
  if (message === undefined) return span;
  return { ...span, status: { ...span.status, message: message.replace(/ after .*/, '') } };
}

it('has whole spans for calls of all shapes: answered, failed, without a handler, cancelled, expired', async () => {
  const { answers, port, client, server } = await goThrough({});
  const spans = namedSpans([...client.spans(), ...server.spans()]).map(withoutTimes);
  expect(spans).toEqual(expectedSpans(port));
  expect(answers).toMatchObject({
    One: [{ id: 2 }],
    Many: [{ id: 1 }, { id: 2 }],
    Sum: [{ id: 3 }],
    Both: [{ id: 2 }, { id: 4 }],
  });
  expect(answers).toEqual(await bareAnswers());
}, 60_000);

it('belongs to the nearer of two instances', async () => {
  const { answers, client, server: root, near } = await goThrough('two');
  const kinds = (of: SpanRecorder) => [...new Set(namedSpans(of.spans()).map(({ kind }) => kind))];
  expect([kinds(client), kinds(near)]).toEqual([['CLIENT'], ['SERVER', 'INTERNAL']]);
  // A method without a handler is in no module.
  const ofNobody = FAILING.filter((method) => method.startsWith('Nobody'));
  expect(root.spans().map(({ name }) => name)).toEqual(ofNobody.map((method) => `shop.Stock/${method}`));
  expect(answers).toEqual(await bareAnswers());
}, 60_000);

it.each<[string, Mode, readonly string[]]>([
  ['sampled out', { sampler: 0 }, []],
  // Spans of the app's own have nothing above them then.
  ['off', { entries: { microservices: false } }, ['double']],
  ['excluded by pattern', { entries: { microservices: { exclude: ['shop.Stock/*'] } } }, []],
  [
    'not included',
    { entries: { microservices: { include: ['shop.Stock/One', 'shop.Stock/Nobody'] } } },
    ['shop.Stock/Nobody', 'shop.Stock/One'],
  ],
  ['disabled', { enabled: false }, []],
])(
  'makes no spans where it is %s, and changes nothing',
  async (_what, mode, names) => {
    const { answers, client, server } = await goThrough(mode);
    const made = new Set([...client.spans(), ...server.spans()].map(({ name }) => name));
    expect([...made].sort()).toEqual(names);
    expect(answers).toEqual(await bareAnswers());
  },
  60_000,
);
