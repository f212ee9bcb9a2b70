import { describe, expect, it } from 'vitest';
import type { MaskingConfig } from '../../src/config/masking-config.js';
import { MASK_EMAIL } from '../../src/pipeline/masking/mask-defaults.js';
import { expectLinear } from '../support/expect-linear.js';
import { SpanMask } from '../../src/pipeline/masking/mask.js';

/** An attribute after masking; `undefined` if it is gone. */
function masked(value: unknown, key = 'note', config: MaskingConfig = {}): unknown {
  const span = {
    name: 'work',
    attributes: { [key]: value as string },
    status: { code: 0 },
    events: [],
    links: [],
  };
  new SpanMask(config).maskSpan(span);
  return span.attributes[key];
}

const R = '__REDACTED__';

describe('keys', () => {
  it.each([
    'password',
    'user.password',
    'http.request.header.authorization',
    'http.request.header.set-cookie',
    'http.request.header.x-api-key',
    'apiKey',
    'API_KEY',
    'dbPassword',
    'client_secret',
    'auth.token',
    'accessToken',
    'credentials.user',
    'api_token',
    'http.request.header.x-vault-token',
    'AWS_SESSION_TOKEN',
    'passwords',
    'passwordConfirmation',
    'apiKeys',
    'x-auth-key',
    'rawHeaders',
  ])('%s hides its value', (key) => {
    expect([masked('plain', key), masked(7, key), masked(['a'], key)]).toEqual([R, R, R]);
  });

  it.each([
    'llm.token_count.prompt',
    'gen_ai.usage.input_tokens',
    'gen_ai.token.type',
    'output.tokens',
    'cost_per_token',
    'next_page_token',
    'encryption.key_id',
    'author',
    'session.id',
    'passenger',
    'secretary.name',
  ])('%s keeps its value', (key) => {
    expect([masked('plain', key), masked(7, key)]).toEqual(['plain', 7]);
  });

  it('adds the user’s, however they are written', () => {
    const config = { keys: ['iban', 'order.ref'] };
    expect(['IBAN', 'customer.iban', 'order.ref', 'ref'].map((key) => masked('x', key, config))).toEqual([
      R,
      R,
      R,
      'x',
    ]);
    expect(masked('{"i_ban":"DE1","n":1}', 'note', config)).toBe(`{"i_ban":"${R}","n":1}`);
  });

  it('without defaults knows the user’s alone', () => {
    const config = { defaults: false, keys: ['iban'] };
    expect([masked('x', 'password', config), masked('x', 'iban', config)]).toEqual(['x', R]);
    expect(masked('password=abc Bearer abcdefgh', 'note', config)).toBe('password=abc Bearer abcdefgh');
  });
});

describe('texts', () => {
  it.each<[string, string]>([
    ['login failed: password=hunter22, user=ada', `login failed: password=${R}, user=ada`],
    ['DB_PASSWORD: "a \\" b" next', `DB_PASSWORD: "${R}" next`],
    ["{ token: 'abc', id: 1 }", `{ token: '${R}', id: 1 }`],
    ['Authorization: Bearer abc.def-ghi', `Authorization: ${R}`],
    ['sent Bearer abcdef123 twice', `sent Bearer ${R} twice`],
    ['Basic dXNlcjpwYXNz', `Basic ${R}`],
    ['a basic question about things', 'a basic question about things'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1 end', `jwt ${R} end`],
    ['postgres://app:s3cret@db:5432/x', `postgres://app:${R}@db:5432/x`],
    ['key sk-proj-abcdefghijklmnop1234', `key ${R}`],
    ['ghp_abcdefghijklmnopqrstuvwxyz0123456789', R],
    ['AKIAIOSFODNN7EXAMPLE', R],
    ['xoxb-1234567890-abcdef', R],
    ['-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----\nrest', `${R}\nrest`],
    [
      '{"user":"ada","password":"a\\"b","nested":{"api_key":["k1","k2"]}}',
      `{"user":"ada","password":"${R}","nested":{"api_key":"${R}"}}`,
    ],
    ['[{"note":"token=abc"}]', `[{"note":"token=${R}"}]`],
    ['{"password":"cut off in the mid', `{"password":"${R}"`],
    ['{\\"password\\":\\"inner\\",\\"a\\":1} tail', `{\\"password\\":\\"${R}\\",\\"a\\":1} tail`],
    ['?user=ada&api_key=abc123&x=1', `?user=ada&api_key=${R}&x=1`],
    ['Cookie: sid=abc', `Cookie: ${R}`],
    ['Cookie: theme=dark; sid=abc; x=1\nHost: a', `Cookie: ${R}\nHost: a`],
    ['Set-Cookie: sid=abc; Path=/; HttpOnly', `Set-Cookie: ${R}`],
    ['Authorization: Token abc, retried', `Authorization: ${R}, retried`],
    ['authorization=Negotiate YII=', `authorization=${R}`],
    ['Authorization: Digest username="a b", response="abc"\nHost: a', `Authorization: ${R}\nHost: a`],
    [
      'Authorization: AWS4-HMAC-SHA256 Credential=AK/x, SignedHeaders=host, Signature=abc',
      `Authorization: ${R}`,
    ],
    ['failed {"set-cookie":["sid=abc; Path=/","b=1"],"n":1}', `failed {"set-cookie":${R},"n":1}`],
    ["{ headers: { 'set-cookie': [ 'sid=abc' ] }, n: 1 }", `{ headers: { 'set-cookie': ${R} }, n: 1 }`],
    ['failed {"password":{"old":"abc"},"n":1}', `failed {"password":${R},"n":1}`],
    ["'password' => 'abc'", `'password' => '${R}'`],
    ['password:          abc', `password:          ${R}`],
    ['{"apiToken":"abc","total_tokens":3}', `{"apiToken":"${R}","total_tokens":3}`],
    [
      '{"init":[["authorization","abc"],["accept","x"]]}',
      `{"init":[["authorization","${R}"],["accept","x"]]}`,
    ],
    ['{"fields":["password","email"]}', '{"fields":["password","email"]}'],
    ['Bearer\tabcdef123', `Bearer ${R}`],
    ['postgres://app:s3@cret@db:5432/x', `postgres://app:${R}@db:5432/x`],
    ['{"url":"http://a:80","to":"ada@b.de"}', '{"url":"http://a:80","to":"ada@b.de"}'],
    ['SELECT * FROM tokens WHERE id = 1', 'SELECT * FROM tokens WHERE id = 1'],
    ['max_tokens=100', 'max_tokens=100'],
    ['GET /orders/7?page=2', 'GET /orders/7?page=2'],
    ['2026-11-20T06:20:04Z', '2026-11-20T06:20:04Z'],
    ['write to ada@example.com', 'write to ada@example.com'],
  ])('%s', (text, expected) => {
    expect(masked(text)).toBe(expected);
  });

  it('masks the elements of lists', () => {
    expect(masked(['fine', 'token=abc'])).toEqual(['fine', `token=${R}`]);
    expect(masked([1, 2])).toEqual([1, 2]);
  });

  it('masks what the user’s patterns match, also beside one another, and e-mail if asked', () => {
    expect(masked('card 4111-1111 and 4222-2222', 'note', { patterns: [/\d{4}-\d{4}/] })).toBe(
      `card ${R} and ${R}`,
    );
    expect(masked('ada@example.com, bob@example.org', 'note', { patterns: [MASK_EMAIL] })).toBe(`${R}, ${R}`);
  });

  it('cuts at maxLength, after masking', () => {
    expect(masked('a'.repeat(50), 'note', { maxLength: 10 })).toBe('a'.repeat(10));
    expect(masked('password=abcdef', 'note', { maxLength: 12 })).toBe('password=__R');
  });

  it.each([
    ['a long word', 'a'.repeat(200_000)],
    ['dashes', '-a'.repeat(100_000)],
    ['quotes', '"\\'.repeat(100_000)],
    ['names without values', 'password '.repeat(20_000)],
    ['names with separators', 'password=:'.repeat(20_000)],
    ['addresses', 'http://'.repeat(20_000)],
    ['half a key block', '-----BEGIN PRIVATE KEY-----'.repeat(5_000)],
    ['braces', '{"a":'.repeat(20_000)],
    ['halves of web tokens', 'eyJaaaaaaaa-'.repeat(20_000)],
    ['schemes', 'authorization: a-b '.repeat(10_000)],
    ['parameters of a scheme', `authorization: Digest ${'a="b", '.repeat(30_000)}`],
    ['cookies', `cookie: a=b${'; c=d'.repeat(40_000)}`],
    ['lists', 'password: [ '.repeat(20_000)],
    ['cookies without an end', 'cookie='.repeat(20_000)],
    ['cookies of headers without an end', 'cookie:'.repeat(20_000)],
    ['cookies of a query', 'cookie=a&'.repeat(20_000)],
    ['starts of web tokens', '-eyJ'.repeat(40_000)],
    ['separators', '='.repeat(200_000)],
    ['spaces before separators', `token${' '.repeat(15)}=`.repeat(8_000)],
    ['escaped quotes', 'token: \\"'.repeat(10_000)],
    ['questions', '?a=1'.repeat(40_000)],
    ['users without hosts', 'a://b:c'.repeat(20_000)],
    ['percent signs', '%25'.repeat(50_000)],
    ['lists in lists', `password: ${'['.repeat(100_000)}`],
    ['apostrophes', `password: {${"'a".repeat(50_000)}`],
  ])('twice as much of %s takes about twice as long', (_name, text) => {
    expectLinear((times) => masked(text.slice(0, (text.length / 4) * times)));
  });
});

describe('hiding inputs and outputs', () => {
  const messages = 'llm.input_messages.0.message.content';
  it.each<[string, MaskingConfig, unknown]>([
    ['input.value', { hideInputs: true }, R],
    ['input.mime_type', { hideInputs: true }, undefined],
    [messages, { hideInputs: true }, undefined],
    ['gen_ai.system_instructions', { hideInputs: true }, undefined],
    ['output.value', { hideInputs: true }, 'text'],
    ['output.value', { hideOutputs: true }, R],
    ['gen_ai.output.messages', { hideOutputs: true }, undefined],
    [messages, { hideOutputs: true }, 'text'],
  ])('%s with %j', (key, config, expected) => {
    expect(masked('text', key, config)).toEqual(expected);
  });
});

it('masks name, status, events and links', () => {
  const span = {
    name: 'GET token=abc',
    attributes: {},
    status: { code: 2, message: 'bad password=abc' },
    events: [
      {
        name: 'exception',
        time: [0, 0] as [number, number],
        attributes: { 'exception.message': 'Bearer abcdefgh', password: 'x' },
      },
    ],
    links: [{ context: { traceId: '', spanId: '', traceFlags: 0 }, attributes: { cookie: 'sid=1' } }],
  };
  new SpanMask({}).maskSpan(span);
  expect(span).toMatchObject({
    name: `GET token=${R}`,
    status: { code: 2, message: `bad password=${R}` },
    events: [{ attributes: { 'exception.message': `Bearer ${R}`, password: R } }],
    links: [{ attributes: { cookie: R } }],
  });
});

it('lets nothing out if it fails', () => {
  const span = {
    name: 'work',
    attributes: { note: 'token=abc' },
    status: { code: 2, message: 'token=abc' },
    events: [
      {
        name: 'e',
        time: [0, 0] as [number, number],
        get attributes(): never {
          throw new Error('unreadable');
        },
      },
    ],
    links: [],
  };
  expect(() => {
    new SpanMask({}).maskSpan(span);
  }).toThrow('unreadable');
  expect(span).toEqual({ name: 'work', attributes: {}, status: { code: 2 }, events: [], links: [] });
});

it('leaves the word of the conventions where a query has been redacted already', () => {
  expect(masked('page=2&token=REDACTED&password=REDACTED', 'url.query')).toBe(
    'page=2&token=REDACTED&password=REDACTED',
  );
  expect(masked('token=REDACTEDnot', 'url.query')).toBe('token=REDACTED');
});

describe('spellings', () => {
  it.each([
    'HTTP_AUTHORIZATION',
    'x-authorization',
    'Proxy-Authorization',
    'authorizationHeader',
    'sessionCookie',
    'api.key',
    'private.key',
    'access_tokens',
    'db_pass',
    'smtp.auth.pass',
    'PGPASS',
    'dbPw',
    'password2',
    'user[password]',
    'user[passwords][]',
    'user%5Bpassword%5D',
    'accessKeys',
    'PASSWORD_HASH',
    'passcode',
    'azure.storage.account.key',
  ])('the attribute %s is a credential', (key) => {
    expect([masked('plain', key), masked(7, key)]).toEqual([R, R]);
  });

  it.each([
    'boarding_pass',
    'test.pass',
    'bypass',
    'compass',
    'payment.preauthorization',
    'llm.usage.completion_tokens',
    'cookie_count',
    'primary_key',
    'key',
    'code',
    'messaging.kafka.message.key',
    'db.collection.name',
    'authored_by',
    'password.service.ts',
    'pagination[next_token]',
  ])('the attribute %s is none', (key) => {
    const value = key.startsWith('password.') ? R : 'plain';
    expect(masked('plain', key)).toBe(value);
  });

  it.each<[string, string]>([
    ['x {"password": {"a":{"b":1},"v":"abc"}} y', `x {"password": ${R}} y`],
    ["{ password: { note: 'a } b', it: 'x' }, n: 1 }", `{ password: ${R}, n: 1 }`],
    ['postgres://u:a/b@h/db', `postgres://u:${R}@h/db`],
    ['http://a:80/to/ada@b.de and amqp://u:p@h', `http://a:80/to/ada@b.de and amqp://u:${R}@h`],
    ['http://[::1]:80/to/ada@b.de', 'http://[::1]:80/to/ada@b.de'],
    ['Bearer: abcdef', `Bearer: ${R}`],
    ['user[password]=abc', `user[password]=${R}`],
    ['user%5Bpassword%5D=abc&n=1', `user%5Bpassword%5D=${R}&n=1`],
    ['HTTP_AUTHORIZATION=Token abc', `HTTP_AUTHORIZATION=${R}`],
    ['a=1&b=%22token%22%3A%22abc%22', `a=1&b="token":"${R}"`],
    ['twice %2525 %252522token%252522%25253A%252522abc%252522', `twice % "token":"${R}"`],
    ['GET /x?sig=abc&n=1 failed', `GET /x?sig=${R}&n=1 failed`],
    ['next https://h/cb?n=1#code=abc', `next https://h/cb?n=1#code=${R}`],
    ['at f (/app/src/password.service.ts:10:3)', 'at f (/app/src/password.service.ts:10:3)'],
    ['at f (/app/node_modules/cookie.js:12:5)', 'at f (/app/node_modules/cookie.js:12:5)'],
    ['50 % of 20%', '50 % of 20%'],
    ['/caf%C3%A9?q=tea', '/caf%C3%A9?q=tea'],
  ])('%s', (text, expected) => {
    expect(masked(text)).toBe(expected);
  });

  it.each<[string, string]>([
    [
      'https://acc.blob.core.windows.net/c/f?sig=abc&sv=1',
      'https://acc.blob.core.windows.net/c/f?sig=REDACTED&sv=1',
    ],
    ['https://h/k?X-Amz-Signature=abc', 'https://h/k?X-Amz-Signature=REDACTED'],
    ['https://h/cb?code=abc&state=x', 'https://h/cb?code=REDACTED&state=x'],
    ['https://h/?p%61ssword=abc', 'https://h/?p%61ssword=REDACTED'],
    ['https://h/?user%5Bpassword%5D=abc', 'https://h/?user%5Bpassword%5D=REDACTED'],
    ['https://ada:pw@h/', 'https://ada:REDACTED@h/'],
    ['https://h/?q=caf%C3%A9%20tea&page=2', 'https://h/?q=caf%C3%A9%20tea&page=2'],
    [
      'https://h/?to=https%3A%2F%2Fi%2F%3Ftoken%3Dabc',
      `https://h/?to=${encodeURIComponent(`https://i/?token=${R}`)}`,
    ],
    [
      'https://h/?f=%7B%22password%22%3A%22abc%22%7D',
      `https://h/?f=${encodeURIComponent(`{"password":"${R}"}`)}`,
    ],
  ])('url.full %s', (address, expected) => {
    expect(masked(address, 'url.full')).toBe(expected);
  });
});
