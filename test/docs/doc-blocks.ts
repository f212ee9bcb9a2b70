import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLES = 'test/docs/examples';

/** A piece of code that a document shows. */
export interface Block {
  readonly document: string;
  readonly line: number;
  readonly code: string;
}

/** The fenced blocks of a document in one language. */
export function blocksOf(document: string, language: string): Block[] {
  const text = readFileSync(ROOT + document, 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => ({
    document,
    line: text.slice(0, match.index).split('\n').length,
    code: match[1] ?? '',
  }));
}

/**
 * What the examples mark to be shown, by its {@link essence}: files of this folder that the compiler, the
 * linter and the tests see.
 */
export function shownExamples(): Map<string, string> {
  const examples = new Map<string, string>();
  for (const file of readdirSync(ROOT + EXAMPLES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(`${ROOT}${EXAMPLES}/${file}`, 'utf8');
    for (const [, name = '', code = ''] of text.matchAll(
      /^ *\/\/ #region (\S+)\n([\s\S]*?)^ *\/\/ #endregion/gm,
    )) {
      examples.set(essence(code), `${file}#${name}`);
    }
  }
  return examples;
}

/**
 * Code without what Prettier decides by the width that is left: in a document it is less
 * indented than in its file.
 */
export function essence(code: string): string {
  return code.replace(/\s+/g, '').replace(/,(?=[)\]}])/g, '');
}
