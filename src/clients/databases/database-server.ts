/** The server of an operation. */
export interface DatabaseServer {
  /** `db.system.name`. */
  readonly system: string;
  readonly namespace?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}
