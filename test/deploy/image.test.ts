import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(ROOT + file, 'utf8');

/** The instructions of each stage, in order. */
function stages(): string[][] {
  const joined = read('sample-app/Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '');
  return joined
    .split(/^(?=FROM )/m)
    .filter((stage) => stage.startsWith('FROM '))
    .map((stage) => stage.trim().split(/\n+/));
}

it('builds in one stage and runs in another, both pinned and of one version of Node that the library supports', () => {
  const images = stages().map(([from = '']) => /^FROM node:(\d+\.\d+\.\d+)-(\w+)/.exec(from)?.slice(1));
  expect(images).toEqual([
    [images[0]?.[0], 'slim'],
    [images[0]?.[0], 'alpine'],
  ]);
  expect(images[0]?.[0]).toMatch(/^24\./);
});

it('runs as a user without rights, in production, Node itself as the process that gets SIGTERM', () => {
  const [, run = []] = stages();
  expect(run).toContain('USER node');
  expect(run).toContain('ENV NODE_ENV=production');
  expect(run.at(-1)).toBe('CMD ["node", "dist/main.js"]');
  expect(JSON.parse(read('sample-app/package.json')).scripts.start).toBe('node dist/main.js');
  expect(run.indexOf('USER node')).toBeLessThan(run.length - 1);
  expect(run.find((line) => line.startsWith('HEALTHCHECK'))).toContain('http://127.0.0.1:3000/health');
});

it('leaves out of the build what the build does not read', () => {
  const [build = []] = stages();
  const ignored = read('.dockerignore').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['.git', '**/node_modules', '**/dist']));
  for (const needed of ['src', 'sample-app', 'package-lock.json', 'nest-cli.json', 'etc', 'docs'])
    expect(ignored).not.toContain(needed);
  expect(build.filter((line) => line.startsWith('RUN npm'))).toEqual([
    'RUN npm ci --no-audit --no-fund',
    'RUN npm run build && npm run build -w sample-app && npm pack',
  ]);
});
