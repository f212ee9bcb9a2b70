import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const DOCUMENTS = [
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'bench/README.md', 'deploy/README.md'],
  ...readdirSync(`${ROOT}docs`)
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

const withoutCode = (document: string): string =>
  readFileSync(ROOT + document, 'utf8').replace(/^```[\s\S]*?^```/gm, '');

/** The anchors of a document's headings, as they are made where it is rendered. */
function anchorsOf(document: string): string[] {
  return [...withoutCode(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it.each(DOCUMENTS)('every link of %s leads somewhere', (document) => {
  const broken = [...withoutCode(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? document : join(dirname(document), file);
      if (!existsSync(ROOT + path)) return true;
      return anchor !== undefined && !anchorsOf(path).includes(anchor);
    });
  expect(broken).toEqual([]);
});

it('the index names every document', () => {
  const index = readFileSync(`${ROOT}docs/README.md`, 'utf8');
  expect(
    DOCUMENTS.filter((document) => document.startsWith('docs/') && document !== 'docs/README.md').filter(
      (document) => !index.includes(`](${document.slice('docs/'.length)})`),
    ),
  ).toEqual([]);
});

it('ARCHITECTURE.md names files that exist', () => {
  const named = [...withoutCode('ARCHITECTURE.md').matchAll(/`([\w-]+\/[\w./-]+\.ts)`/g)].map(
    ([, file = '']) => file,
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((file) => !existsSync(`${ROOT}src/${file}`) && !existsSync(ROOT + file))).toEqual([]);
});
