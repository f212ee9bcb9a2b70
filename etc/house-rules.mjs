// Part of `npm run lint`: words that were retired, each with the one that took its place, and lines that are too long.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** @type {readonly (readonly [RegExp, string])[]} */
const retired = [
  [/\b(Start|Sampled)SpanOptions\b/, 'SpanOptions'],
  [/\bSinkStatus\b/, 'ExporterStatus'],
  [/\bPipelineStatus\b/, 'TelemetryStatus'],
  [/\b(d|totalD|pipelineD|stageD)urationMs\b/, '…durationMillis'],
  [/\b(Tracer|Meter)Defaults\b/, 'TelemetryFeatureOptions'],
  [/\bPHARIA_/, 'a constant of the app'],
  [/\bthe originals\b/i, 'nothing: no history'],
  [/\bharms nothing\b/i, 'never affects the request'],
  [/\bsays no\b/i, '“rejects” or “refuses”'],
  [/\btells? of\b/i, '“reports” or “names”'],
  [/(?<!there )\bis none\b(?! of these)/i, 'a noun: “is not a …”'],
  [
    /(?:\/\*\*|^\s*\*|\/\/) (?:What|Whatever|Who|Whoever|Whom|Whose|The same|Of|Nobody|Somebody|Such a one) /,
    'a comment that begins with a noun of the code or a verb',
  ],
  [
    /\/\*\* (?:As|By|Until|Put|Without|Wider|Those|Once|In which|In whose|For each|If given|After|Before|Between|Below) /,
    'a comment that begins with a noun of the code or a verb: it must make sense alone in a hover',
  ],
  [/\bfor ever\b/, 'forever'],
  [
    /(?:\/\*\*|^\s*\*|\/\/).*\b(?:anybody|somebody)\b/i,
    'the noun: “the caller”, “another user”, or the passive',
  ],
  [/\b(?:W|w)ho(?:m)?ever\b(?! has it)/, 'the noun: “the caller”, “code that …”'],
  [/\bTenantBacklog\b/, 'ResourceBacklog'],
  [/\b(Http|Entry)Scope\b/, 'InstanceView or EntryInstanceView'],
  [
    /\b(Instrumentation|Client|choose|Choose|follow)Member\b/,
    '“instance”: InstrumentedInstance, RecordingInstance',
  ],
  [/\b(TenantHost|StandInHost|GenerationOwner)\b/, '…Pipeline: the part of a pipeline that is needed'],
  [/OfTheRest\b/, '“app-wide”: the global instance, else the root module’s'],
  [/\b(generation|provisional|overlay)\.owner\b/, '….pipeline'],
  [/\b(settledWithin|atMost)\(/, 'withinTime, settledWithinTime, runWithinTime'],
  [/\bSendOutcome\b/, 'ExportOutcome'],
  [
    /\b(retire|giveUp|abandon|dispose|discard|leaveOut|decideNow|decideEarly)\(/,
    'close, release, drop or evict',
  ],
  [/\bRetiredTotals\b/, 'ClosedTotals'],
];

/** The pages about earlier systems. */
const history = /^docs\/(migration|migration-nestjs-otel|earlier-systems)\.md$/;

const files = execFileSync('git', ['ls-files', 'src', 'docs', 'README.md'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|tsx|md)$/.test(file) && !history.test(file));

/** Columns of a line of code or of a comment. */
const COLUMNS = 110;

let mistakes = 0;
for (const file of files) {
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (!file.endsWith('.md') && line.length > COLUMNS) {
      mistakes += 1;
      console.error(`${file}:${index + 1}: ${line.length} columns; at most ${COLUMNS}`);
    }
    for (const [word, instead] of retired) {
      if (!word.test(line)) continue;
      mistakes += 1;
      console.error(`${file}:${index + 1}: ${word.exec(line)?.[0]} is retired; write ${instead}`);
    }
  }
}
if (mistakes > 0) process.exitCode = 1;
