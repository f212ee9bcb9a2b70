import { checkEnvironment } from './environment.js';
import type { Finding, Patient } from './finding.js';
import { checkPackages } from './packages.js';
import { checkReceiver } from './receiver.js';
import { checkRunningApp } from './running-app.js';
import { checkSources } from './sources.js';

/** Runs every check on an app, without running the app. */
export async function examine(patient: Patient): Promise<Finding[]> {
  return [
    ...checkPackages(patient),
    ...checkSources(patient),
    ...checkEnvironment(patient),
    ...(await checkReceiver(patient)),
    ...(await checkRunningApp()),
  ];
}

/** Formats findings as text lines. Serious ones come last, at the visible end of the terminal. */
export function report(findings: readonly Finding[]): string {
  const order = ['ok', 'warning', 'error'] as const;
  const marks = { ok: '✓', warning: '!', error: '✗' };
  const lines = order.flatMap((level) =>
    findings
      .filter((finding) => finding.level === level)
      .map(({ code, message, remedy }) => {
        const advice = remedy === undefined ? '' : `\n    → ${remedy}`;
        return `${marks[level]} ${message}${level === 'ok' ? '' : ` [${code}]`}${advice}`;
      }),
  );
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  return [...lines, `${errors} errors, ${warnings} warnings`].join('\n');
}

/** Returns 0 if the app can be traced, 1 if a problem prevents it. */
export function exitCode(findings: readonly Finding[], strict: boolean): 0 | 1 {
  return findings.some(({ level }) => level === 'error' || (strict && level === 'warning')) ? 1 : 0;
}
