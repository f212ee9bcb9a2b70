/** A generator of numbers that is the same on every machine (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const KEYS = [
  'user.id',
  'session.id',
  'app.plan',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'db.password',
  '',
  ' ',
  'a b',
  'ключ',
  '%D0%BA%D0%BB%D1%8E%D1%87',
  '%5F%5Fproto%5F%5F',
  '%zz',
  '%',
  'a%0d%0aset-cookie:x',
  'k'.repeat(300),
];
const VALUES = [
  'alice',
  '',
  '%',
  '%e0%a4%a',
  '%00',
  '%0D%0AX-Evil:%201',
  '\t',
  '\u00ff\u0080',
  '%ED%A0%80',
  'é',
  '=;=;=',
  '[object Object]',
  '{"a":1}',
  'v'.repeat(4096),
  'v'.repeat(5000),
  '%41'.repeat(1500),
  'true',
  '0',
];
const METADATA = ['', ';', ';p=1', ';p=1;q', ';\u00e9', ';p=%0d%0a', ';;;;', `;${'m'.repeat(4100)}`];
const TRACEPARENTS = [
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like',
  'cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra',
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz',
  '-',
  '',
  '01',
  '0'.repeat(5000),
];
const TRACESTATES = [
  'a=1',
  'a=1,a=1',
  '=',
  ',,,,',
  `a=${'x'.repeat(600)}`,
  'vendor@x=1',
  '\u00e9=1',
  '__proto__=1',
];

export interface HostileHeaders {
  readonly headers: Record<string, string>;
  readonly rawHeaders: string[];
}

/** Headers such as no honest client sends. */
export function hostileHeaders(random: (below: number) => number): HostileHeaders {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const noise = (length: number): string =>
    Array.from({ length }, () => String.fromCharCode(random(256))).join('');
  const key = (): string =>
    random(4) === 0 ? noise(random(12)) : random(4) === 0 ? `k${random(5000)}` : pick(KEYS);
  const value = (): string => (random(4) === 0 ? noise(random(40)) : pick(VALUES));
  const member = (): string => `${key()}${pick(['=', '=', '=', ' = ', '', '=='])}${value()}${pick(METADATA)}`;
  const list = (): string => {
    const shape = random(60);
    if (shape === 0) return Array.from({ length: 2000 }, (_, index) => `k${index}=v`).join(',');
    if (shape === 1) return `big=${'x'.repeat(16_384)}`;
    if (shape === 2) return noise(random(400));
    return Array.from({ length: random(random(8) === 0 ? 200 : 8) }, member).join(
      pick([',', ', ', ',,', ' ,\t']),
    );
  };
  const headers: Record<string, string> = {};
  const rawHeaders: string[] = [];
  const put = (name: string, text: string): void => {
    rawHeaders.push(name, text);
    headers[name] = headers[name] === undefined ? text : `${headers[name]}, ${text}`;
  };
  const times = random(5) === 0 ? 1 + random(4) : 1;
  for (let count = 0; count < times; count += 1) put('baggage', list());
  if (random(2) === 0) put('traceparent', random(6) === 0 ? noise(random(60)) : pick(TRACEPARENTS));
  if (random(3) === 0) put('tracestate', random(6) === 0 ? noise(random(60)) : pick(TRACESTATES));
  if (random(2) === 0) put('x-user-id', random(3) === 0 ? noise(random(30)) : pick(VALUES));
  if (random(6) === 0) put('x-user-id', pick(VALUES));
  if (random(4) === 0) put(`uberctx-${pick(KEYS)}`, value());
  if (random(4) === 0) put('b3', random(2) === 0 ? noise(random(30)) : pick(TRACEPARENTS));
  if (random(4) === 0)
    put('uber-trace-id', random(2) === 0 ? noise(random(30)) : `${pick(VALUES)}:${pick(VALUES)}:0:1`);
  return { headers, rawHeaders };
}
