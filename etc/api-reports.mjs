// Writes (`--local`) or compares the API reports of all entry points in package.json, and holds them to three
// rules: the main entry stays small, every member is documented, and every type in a signature can be
// imported from somewhere.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const MAX_MAIN_NAMES = 120;

const local = process.argv.includes('--local');
const root = resolve(import.meta.dirname, '..');
const { name, exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const base = ExtractorConfig.loadFile(`${root}/api-extractor.json`);
const mistakes = [];
/** @type {Set<string>} */
let mainNames = new Set();

for (const [path, { types }] of Object.entries(exports)) {
  if (types === undefined) continue;
  const entry = [name, ...path.split('/').slice(1)].join('.');
  const isMain = path === '.';
  const result = Extractor.invoke(
    ExtractorConfig.prepare({
      configObject: {
        ...base,
        projectFolder: root,
        mainEntryPointFilePath: resolve(root, types),
        apiReport: { ...base.apiReport, reportFileName: `${entry}.api.md` },
      },
      configObjectFullPath: `${root}/api-extractor.json`,
      packageJsonFullPath: `${root}/package.json`,
    }),
    {
      localBuild: local,
      printApiReportDiff: !local,
      messageCallback: (message) => {
        if (message.messageId !== 'ae-forgotten-export') return;
        // Judged below: left at its level, it would count as a failure.
        message.logLevel = 'none';
        message.handled = true;
        const symbol = /"([^"]+)"/.exec(message.text)?.[1] ?? '';
        if (isMain || !mainNames.has(symbol)) mistakes.push(`${entry}: ${message.text}`);
      },
    },
  );
  if (!result.succeeded) mistakes.push(`${entry}: the report is not up to date; run \`npm run api\``);
  const report = readFileSync(`${root}/etc/${entry}.api.md`, 'utf8');
  for (const [line] of report.matchAll(/\(undocumented\)\n.*/g)) {
    mistakes.push(`${entry}: ${line.replace(/\s+/g, ' ')}`);
  }
  if (isMain) {
    mainNames = new Set(
      [...report.matchAll(/^export (?:declare |abstract )*\w+ (\w+)/gm)].map(([, symbol]) => symbol),
    );
    if (mainNames.size > MAX_MAIN_NAMES) {
      mistakes.push(
        `${entry}: ${mainNames.size} names; at most ${MAX_MAIN_NAMES}, others belong to a subpath`,
      );
    }
  }
}

for (const mistake of mistakes) console.error(mistake);
if (mistakes.length > 0) process.exitCode = 1;
