/** The database server of an operation. */
export interface DatabaseServer {
  /** The database system, `db.system.name`. */
  readonly system: string;
  readonly namespace?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}
