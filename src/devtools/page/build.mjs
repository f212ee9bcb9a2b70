// Builds the page into one module of texts, `dist/devtools/page.js`, so that Node and bundlers load it alike.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** What a browser has to load may weigh, compressed. */
const MAX_BYTES = 80 * 1024;

const here = new URL('.', import.meta.url).pathname;
const out = new URL('../../../dist/devtools/', import.meta.url);

const { output } = await build({
  root: here,
  configFile: false,
  logLevel: 'error',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    write: false,
    target: 'es2022',
    modulePreload: false,
    rollupOptions: { input: `${here}main.tsx` },
  },
});
const script = output.find(({ type }) => type === 'chunk').code;
const style = output.find(({ fileName }) => fileName.endsWith('.css')).source;
const html = await readFile(`${here}index.html`, 'utf8');

const size = gzipSync(script + style + html).length;
if (size > MAX_BYTES) throw new Error(`The page weighs ${size} bytes compressed, more than ${MAX_BYTES}.`);

const texts = { html, script, style: String(style) };
const lines = Object.entries(texts).map(
  ([name, text]) => `export const ${name} = ${JSON.stringify(text)};\n`,
);
await mkdir(out, { recursive: true });
await writeFile(new URL('page.js', out), lines.join(''));
await writeFile(
  new URL('page.d.ts', out),
  Object.keys(texts)
    .map((name) => `export declare const ${name}: string;\n`)
    .join(''),
);
process.stdout.write(`devtools page: ${size} bytes compressed\n`);
