import type { ClientCall } from '../client-call.js';

const BEGINNING: ReadonlySet<unknown> = new Set(['BEGIN', 'START', 'START TRANSACTION']);
const ENDING: ReadonlySet<unknown> = new Set([
  ...['COMMIT', 'END', 'ABORT'],
  ...['ROLLBACK', 'ROLLBACK WORK', 'ROLLBACK TRANSACTION', 'ROLLBACK AND'],
]);

/** Connections between `BEGIN` and its end. */
const open = new WeakSet();

/** Marks a statement that is sent inside of a transaction. */
export function markTransaction(call: ClientCall, isInside: boolean): void {
  if (isInside) call.set({ 'nestjs.db.transaction': true });
}

/** Whether a transaction is open on a connection. */
export function isInTransaction(connection: object): boolean {
  return open.has(connection);
}

/** Notes that a statement on a connection has ended; `ROLLBACK TO` a savepoint ends no transaction. */
export function followTransaction(connection: object, operation: unknown, error: unknown): void {
  if (BEGINNING.has(operation)) {
    if (error === undefined || error === null) open.add(connection);
  } else if (ENDING.has(operation)) open.delete(connection);
}
