import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('names only what exists', () => {
  const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`src/${file}`, 'utf8'))
    .join('\n');
  const here = readFileSync('docs/earlier-systems.md', 'utf8')
    .split('\n')
    .map((line) => line.split(' | ')[/^\| \d/.test(line) ? 2 : 1] ?? '');
  const names = here
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
    .flatMap((code) => [...code.matchAll(/[A-Za-z_][\w-]{3,}/g)].map(([name]) => name))
    .filter((name) => !['name', 'arguments', 'false', 'https', 'http'].includes(name));
  expect(names.length).toBeGreaterThan(80);
  expect([...new Set(names)].filter((name) => !source.includes(name))).toEqual([]);
});

/** Rows of each system, and the names that they use. */
const ROWS = [
  ...[68, 50, 31, 29].flatMap((count, system) =>
    Array.from({ length: count }, (_, row) => `${system + 1}.${row + 1}`),
  ),
  '5',
];

const rows = readFileSync('docs/earlier-systems.md', 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, id = '']) => /^\d(\.\d+)?(–\d\.\d+)?$/.test(id));

/** `1.16–1.19` stands for four rows. */
function idsOf(range: string): string[] {
  const [first = '', last = first] = range.split('–');
  const [system, from] = first.split('.');
  const [, until] = last.split('.');
  if (from === undefined) return [first];
  return Array.from(
    { length: Number(until) - Number(from) + 1 },
    (_, index) => `${system}.${Number(from) + index}`,
  );
}

it('has every row, each once and in order', () => {
  expect(rows.flatMap(([, id = '']) => idsOf(id))).toEqual(ROWS);
});

it.each(rows.map((cells) => [cells[1] ?? '', cells[4] ?? '']))(
  'shows row %s by a test or a document that is there',
  (_id, shown) => {
    const files = [...shown.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
    expect(files).not.toEqual([]);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  },
);
