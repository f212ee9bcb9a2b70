/** A file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

/** The page as `npm run build` creates it: texts in a module, so that bundlers include it. */
interface BuiltPage {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

let files: Promise<ReadonlyMap<string, PageFile>> | undefined;

/** Loads the page's files at the first request for one. */
export function loadPage(): Promise<ReadonlyMap<string, PageFile>> {
  files ??= load();
  return files;
}

async function load(): Promise<ReadonlyMap<string, PageFile>> {
  const { html, script, style } = (await import('nestjs-telemetry/devtools/page')) as BuiltPage;
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: html }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: script }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: style }],
  ]);
}
