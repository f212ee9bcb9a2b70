import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, string | object>;
};
const documents = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)]
  .filter((path) => path.endsWith('.md'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');
const entryPoints = Object.keys(exports).filter((path) => typeof exports[path] === 'object');

describe.each(entryPoints)('entry point %s', (path) => {
  it('has every exported value named in a document', async () => {
    const exported = Object.keys((await import(`nestjs-telemetry${path.slice(1)}`)) as object);
    expect(exported.length).toBeGreaterThan(0);
    expect(exported.filter((name) => !new RegExp(`\\b${name}\\b`).test(documents))).toEqual([]);
  });
});
