/** Where the library writes what an operator should know; Nest's `Logger` fits. */
export interface TelemetryLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  debug?(message: string): void;
}
