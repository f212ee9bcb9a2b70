import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, normalize } from 'node:path/posix';
import { expect, it } from 'vitest';

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

const [{ files }] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' }),
) as [Packed];
const packed = new Set(files.map(({ path }) => path));
const documents = [...packed].filter((path) => /\.(md|txt)$/.test(path) && !path.startsWith('dist/'));

it('packs the documents', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/README.md', 'docs/recipes.md', 'llms.txt']),
  );
});

it.each(documents)('%s links only to what is packed', (document) => {
  const text = readFileSync(document, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const lost = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.split('#')[0] ?? '')
    .filter((target) => target !== '' && !/^https?:/.test(target))
    .filter((target) => !packed.has(normalize(`${dirname(document)}/${target}`)));
  expect(lost).toEqual([]);
});

it('says where the project lives', () => {
  const { repository, homepage, bugs } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly repository: { readonly type: string; readonly url: string };
    readonly homepage: string;
    readonly bugs: { readonly url: string };
  };
  expect(repository.type).toBe('git');
  const project = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  expect(new URL(project).protocol).toBe('https:');
  expect(homepage).toBe(`${project}#readme`);
  expect(bugs).toEqual({ url: `${project}/issues` });
});

it('llms.txt names every document', () => {
  const index = readFileSync('llms.txt', 'utf8');
  expect(index).toMatch(/^# nestjs-telemetry\n\n> /);
  const named = documents.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md');
  expect(named.filter((path) => !index.includes(`](${path})`))).toEqual([]);
});
