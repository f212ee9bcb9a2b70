import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('names only what exists', () => {
  const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`src/${file}`, 'utf8'))
    .join('\n');
  const here = readFileSync('docs/earlier-systems.md', 'utf8')
    .split('\n')
    .map((line) => line.split(' | ')[1] ?? '');
  const names = here
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
    .flatMap((code) => [...code.matchAll(/[A-Za-z_][\w-]{3,}/g)].map(([name]) => name))
    .filter((name) => !['name', 'arguments', 'false', 'https', 'http'].includes(name));
  expect(names.length).toBeGreaterThan(80);
  expect([...new Set(names)].filter((name) => !source.includes(name))).toEqual([]);
});
