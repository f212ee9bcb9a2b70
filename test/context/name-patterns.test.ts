import { describe, expect, it } from 'vitest';
import { compileHosts } from '../../src/context/host-patterns.js';
import { compileNames, compilePatterns, compileWildcard } from '../../src/context/name-patterns.js';
import { compileRouteFilter } from '../../src/http/route-filter.js';
import { appliesTo } from '../../src/metrics/instruments/view-match.js';
import { compileRules } from '../../src/pipeline/sampling/sampling-rules.js';
import { expectLinear } from '../support/expect-linear.js';

describe('a wildcard', () => {
  it.each<[string, string, boolean]>([
    ['*', '', true],
    ['*', 'any', true],
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'acb', false],
    ['a*bc*c', 'abc', false],
    ['a*b*b', 'ab', false],
    ['a**b', 'ab', true],
    ['*a*', 'bab', true],
    ['*aa', 'aaa', true],
    ['*ab*b', 'aab', false],
    ['/a/*/b', '/a//b', true],
    ['/a/*/b', '/a/b', false],
    ['a.*+?', 'a.\n+?', true],
    ['a.*+?', 'ab+?', false],
  ])('%s and %j', (pattern, text, matches) => {
    expect(compileWildcard(pattern)(text)).toBe(matches);
  });

  it('means what the same expression means', () => {
    const texts = ['', 'a', 'b', 'aa', 'ab', 'ba', 'aba', 'abab', 'bbab', 'aabb', 'abaab'];
    const patterns = [
      '*',
      'a*',
      '*a',
      'a*b',
      '*a*',
      'a*b*',
      '*ab',
      'ab*ab',
      'a*a*',
      '*b*b',
      'a**b',
      '*ab*a*b',
    ];
    for (const pattern of patterns) {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
      expect(texts.filter(compileWildcard(pattern))).toEqual(texts.filter((text) => expression.test(text)));
    }
  });
});

it('names, hosts, routes, rules and views read it alike', () => {
  expect(['app.user.id', 'app.id', 'user.id'].filter((name) => compileNames(['app.*.id'])?.(name))).toEqual([
    'app.user.id',
  ]);
  const hosts = ['api.example.com', 'api.example.com:443', 'example.com', 'api-1.corp', 'api-1.corp:80'];
  expect(hosts.filter(compileHosts(['*.example.com', 'api-*.corp']))).toEqual([
    'api.example.com',
    'api.example.com:443',
    'api-1.corp',
    'api-1.corp:80',
  ]);
  const filter = compileRouteFilter(undefined, ['/static/*', 'POST /a/*/b']);
  expect([filter('GET', '/static'), filter('GET', '/staticx'), filter('POST', '/a/1/b')]).toEqual([
    false,
    true,
    false,
  ]);
  const target = { meter: 'm', name: 'http.server.request.duration', unit: 's', type: 'HISTOGRAM' } as const;
  expect(appliesTo({ instrumentName: 'http.*.duration' }, target as never)).toBe(true);
});

describe('the time that a pattern takes grows with the text alone', () => {
  const many = '*/b/*/c/*/d/*/e/*/f*';
  const text = (times: number): string => `/a/${'/b/c/d/e/'.repeat(10_000 * times)}`;

  it.each<[string, (text: string) => unknown]>([
    ['names', (name) => compileNames([many])?.(name)],
    ['patterns of samplers', (name) => compilePatterns([many])(name)],
    ['hosts', compileHosts([many])],
    ['routes', (path) => compileRouteFilter(undefined, [`/a/${many}`])('GET', path)],
    [
      'sampling rules',
      (name) => compileRules({ rules: [{ name: many, ratio: 1 }] })[0]?.matches(name, 0, {}),
    ],
    [
      'views',
      (name) => appliesTo({ instrumentName: many }, { meter: '', name, unit: undefined, type: 'COUNTER' }),
    ],
  ])('%s', (_name, match) => {
    expectLinear((times) => match(text(times)));
  });
});
