/** Receives the messages that an operator should see. Nest's `Logger` has this shape. */
export interface TelemetryLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  debug?(message: string): void;
}
