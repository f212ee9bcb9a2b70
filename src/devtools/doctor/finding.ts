/** One thing that the doctor looked at. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  /** Stable name, such as `api-missing`. */
  readonly code: string;
  readonly message: string;
  /** One line: what to do. */
  readonly remedy?: string;
}

/** The app that is looked at. */
export interface Patient {
  /** Folder with the app's package.json. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

export function ok(code: string, message: string): Finding {
  return { level: 'ok', code, message };
}

export function warning(code: string, message: string, remedy: string): Finding {
  return { level: 'warning', code, message, remedy };
}

export function error(code: string, message: string, remedy: string): Finding {
  return { level: 'error', code, message, remedy };
}
