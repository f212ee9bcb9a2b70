// Part of `npm run lint`: retired words, and lines over 110 columns, which Prettier does not wrap in comments.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const MAX_COLUMNS = 110;

/** A word, and what is written in its place; CHANGELOG.md and the pages about earlier systems may tell of the past. */
const retired = [
  [/\b(Start|Sampled)SpanOptions\b/, 'SpanOptions'],
  [/\bSinkStatus\b/, 'ExporterStatus'],
  [/\bPipelineStatus\b/, 'TelemetryStatus'],
  [/\b(d|totalD|pipelineD|stageD)urationMs\b/, '…DurationMillis'],
  [/\bTracerDefaults\b|\bMeterDefaults\b/, 'TelemetryFeatureOptions'],
  [/\bPHARIA_/, 'a constant of the app'],
  [/\bthe originals\b/i, 'nothing: no history'],
  [/harms nothing/i, 'never affects the request'],
  [/\bfor which (it|he) says no\b/i, 'that … rejects'],
  [/\bis none\b(?! of)/i, 'what it is not'],
  [/\btells of\b/i, 'reports'],
];
const history = ['docs/migration.md', 'docs/migration-nestjs-otel.md', 'docs/earlier-systems.md'];
