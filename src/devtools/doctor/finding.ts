/** One result of the doctor. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  /** A stable code, such as `api-missing`. */
  readonly code: string;
  readonly message: string;
  /** The remedy, in one line. */
  readonly remedy?: string;
}

/** The app to check. */
export interface Patient {
  /** The folder of the app's package.json. */
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
