import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { error, ok, warning, type Finding, type Patient } from './finding.js';
import { readManifest } from './installed.js';

const MAX_FILES = 5000;
const SUPPORTED_NODE = /^(?:2[2-9]|[3-9]\d|20\.(?:19|[2-9]\d))/;

/** Checks the app's own files: its imports, its build, its shutdown. */
export function checkSources({ folder }: Patient): Finding[] {
  const sources = readSources(folder);
  const all = [...sources.values()].join('\n');
  const findings = [...nodeVersions(folder), ...compilerOptions(folder)];
  if (sources.size === 0) return findings;
  if (!/TelemetryModule\s*\.\s*(forRoot|forRootAsync)\b/.test(all)) {
    findings.push(
      error(
        'module-not-imported',
        'No module imports TelemetryModule.',
        "Add `TelemetryModule.forRoot({ service: { name: '…' } })` to the root module's imports.",
      ),
    );
  } else {
    findings.push(ok('module', 'TelemetryModule is imported.'));
  }
  if (/NestFactory\s*\.\s*create/.test(all) && !/enableShutdownHooks\s*\(/.test(all)) {
    findings.push(
      warning(
        'no-shutdown-hooks',
        'The app does not call `enableShutdownHooks()`: on SIGTERM the last spans are lost.',
        'Call `app.enableShutdownHooks()` in main.ts.',
      ),
    );
  }
  for (const [file, text] of sources) {
    if (
      /new\s+NodeSDK\s*\(/.test(text) ||
      /\.\s*setGlobalT\w+\s*\(|TracerProvider[\s\S]{0,2000}\.register\s*\(/.test(text)
    ) {
      findings.push(
        warning(
          'global-provider',
          `${file} sets up OpenTelemetry for the whole process, so that requests may be traced twice.`,
          'Remove it when TelemetryModule has taken over; docs/migration.md goes step by step.',
        ),
      );
    }
  }
  return findings;
}

function nodeVersions(folder: string): Finding[] {
  const found: [string, string][] = [];
  const pinned = textOf(join(folder, '.nvmrc'))?.trim().replace(/^v/, '');
  if (pinned !== undefined && /^\d/.test(pinned)) found.push(['.nvmrc', pinned]);
  const image = /^FROM\s+(?:\S*\/)?node:(\d[\d.]*)/im.exec(textOf(join(folder, 'Dockerfile')) ?? '')?.[1];
  if (image !== undefined) found.push(['Dockerfile', image]);
  return found
    .filter(([, version]) => !(SUPPORTED_NODE.test(version) || version === '20'))
    .map(([file, version]) =>
      error(
        'node-version',
        `${file} names Node ${version}; 20.19, 22.12 or later is needed.`,
        `Change ${file}.`,
      ),
    );
}

function compilerOptions(folder: string): Finding[] {
  const text = textOf(join(folder, 'tsconfig.json'));
  if (text === undefined || readManifest(folder) === undefined || /"extends"/.test(text)) return [];
  return ['experimentalDecorators', 'emitDecoratorMetadata']
    .filter((option) => !new RegExp(`"${option}"\\s*:\\s*true`).test(text))
    .map((option) =>
      error(
        'compiler-option',
        `tsconfig.json does not set \`${option}\`.`,
        `Set "${option}": true, as Nest needs it.`,
      ),
    );
}

/**
 * Reads TypeScript and JavaScript files below `src`, or next to package.json if there is no such folder.
 */
function readSources(folder: string): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  const look = (at: string): void => {
    for (const entry of readdirSync(join(folder, at), { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (sources.size >= MAX_FILES || /^(node_modules|dist|test|\..*)$/.test(entry.name)) continue;
      if (entry.isDirectory()) look(path);
      else if (/\.[cm]?[jt]s$/.test(entry.name) && !/\.(spec|test|d)\.ts$/.test(entry.name)) {
        sources.set(path, textOf(join(folder, path)) ?? '');
      }
    }
  };
  look(existsSync(join(folder, 'src')) ? 'src' : '.');
  return sources;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
