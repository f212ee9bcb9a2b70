import { describe, expect, it } from 'vitest';
import { ReceiverWords } from '../../src/otlp/receiver-words.js';

const ADDRESS = new URL('https://ada:hunter2%2Fpass@h/v1/traces?api_key=SECRETQ9&region=eu-west-1');
const HEADERS = {
  authorization: 'Bearer SECRET-tok3n-99',
  'x-basic': `Basic ${Buffer.from('bob:basic-pass').toString('base64')}`,
  'x-api-key': 'k"ey\\123456',
  'x-pairs': 'key=abcd1234; other=efgh5678',
  'x-short': 'on',
};
const words = new ReceiverWords(ADDRESS, HEADERS);

describe('the words of a receiver', () => {
  it.each<[string, string]>([
    ['a whole header', 'bad Bearer SECRET-tok3n-99.'],
    ['a token without its scheme', 'Incorrect API key: SECRET-tok3n-99'],
    ['a token in other case', 'incorrect: secret-TOK3N-99'],
    ['a token that was cut off', 'unknown SECRET-tok3…'],
    ['basic credentials', `bad ${Buffer.from('bob:basic-pass').toString('base64')}`],
    ['basic credentials in clear', 'user bob, password basic-pass'],
    ['user info as a header', `bad Basic ${Buffer.from('ada:hunter2/pass').toString('base64')}`],
    ['a password of the address', 'hunter2/pass'],
    ['a password of the address, encoded', 'hunter2%2Fpass'],
    ['a query', 'Route POST:/v1/traces?api_key=SECRETQ9&region=eu-west-1 not found'],
    ['a value of a query', 'key SECRETQ9 is over quota'],
    ['a key inside JSON', JSON.stringify({ error: 'no k"ey\\123456' })],
    ['a key inside an address', `/x?k=${encodeURIComponent('k"ey\\123456')}`],
    ['a part of a header', 'who is efgh5678?'],
  ])('lose %s', (_name, said) => {
    const secrets = ['tok3n', 'basic-pass', 'hunter2', 'SECRETQ9', '123456', 'efgh', 'YmFz', 'YWRh', 'Ym9i'];
    const shown = words.quote(said).toLowerCase();
    expect(secrets.filter((secret) => shown.includes(secret.toLowerCase()))).toEqual([]);
    expect(shown).toContain('****');
  });

  it('stay as they are without a secret', () => {
    expect(words.quote('the quota of this month is used up')).toBe('the quota of this month is used up');
    expect(words.quote('switched on')).toBe('switched on');
  });

  it('are one short line without controls', () => {
    expect(words.quote('a\r\nFAKE \u001b[31mline\u2028x\u202ey\u0000')).toBe('a FAKE [31mline x y');
    expect(words.quote('é'.repeat(20_000))).toBe(`${'é'.repeat(160)}…`);
    expect(words.quote('SECRET-tok3n-99'.repeat(20_000))).toMatch(/^\*+…$/);
  });
});
