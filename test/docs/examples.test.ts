import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { blocksOf, essence, shownExamples } from './doc-blocks.js';

/** Documents whose TypeScript is all taken from the examples. */
const DOCUMENTS = [
  'README.md',
  'docs/live-configuration.md',
  'docs/migration.md',
  'docs/practices.md',
  'docs/server-spans.md',
  'docs/baggage.md',
  'docs/instrumentations.md',
  'docs/logging.md',
  'docs/testing.md',
  'docs/spans.md',
  'docs/genai.md',
  'docs/workflows.md',
  'docs/sampling.md',
  'docs/masking.md',
  'docs/migration-nestjs-otel.md',
  'docs/troubleshooting.md',
];

const examples = shownExamples();
const blocks = DOCUMENTS.flatMap((document) => blocksOf(document, 'ts'));

it.each(blocks.map((block) => [`${block.document}:${block.line}`, block] as const))(
  'shows an example as it is, %s',
  (_where, { code }) => {
    expect(examples.get(essence(code)), `no region of test/docs/examples is:\n${code}`).toBeDefined();
  },
);

it('has no example that no document shows', () => {
  const all = [
    'README.md',
    ...readdirSync('docs')
      .filter((file) => file.endsWith('.md'))
      .map((file) => `docs/${file}`),
  ];
  const shown = new Set(all.flatMap((document) => blocksOf(document, 'ts')).map(({ code }) => essence(code)));
  expect([...examples].filter(([code]) => !shown.has(code)).map(([, name]) => name)).toEqual([]);
});
