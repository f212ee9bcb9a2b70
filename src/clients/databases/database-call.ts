import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ClientLibrary, DatabaseClientsConfig } from '../../config/clients-config.js';
import type { FlowContext } from '../../context/flow-context.js';
import {
  beginCall,
  type CallFailure,
  type CallMetricPlan,
  type CallPlan,
  type ClientCall,
} from '../client-call.js';
import type { DatabaseServer } from './database-server.js';
import { KnownPlans } from './known-plans.js';
import { readStatement, type Statement } from './statement.js';
import type { SqlDialect } from './statement-scanner.js';

const METRIC: CallMetricPlan = {
  name: 'db.client.operation.duration',
  keys: [
    'db.system.name',
    'db.operation.name',
    'db.collection.name',
    'db.namespace',
    'db.response.status_code',
    'server.address',
    'server.port',
    'error.type',
  ],
};

/** The most parameters of a statement that are recorded, if the option asks for them. */
const MAX_PARAMETERS = 50;
const MAX_PARAMETER_LENGTH = 200;

/** An operation without a statement text: a command, or a method of an ORM. */
export interface DatabaseCommand {
  /** The span's name. */
  readonly summary: string;
  readonly operation: string;
  readonly collection?: string | undefined;
  readonly text?: string | undefined;
  readonly batchSize?: number | undefined;
}

/** Returns the plan of a command. */
export function commandPlan(server: DatabaseServer, command: DatabaseCommand): CallPlan {
  const attributes: Attributes = { 'db.system.name': server.system, 'db.operation.name': command.operation };
  put(attributes, 'db.collection.name', command.collection);
  put(attributes, 'db.namespace', server.namespace);
  if (command.summary !== command.operation) attributes['db.query.summary'] = command.summary;
  put(attributes, 'db.query.text', command.text);
  if (command.batchSize !== undefined && command.batchSize > 1)
    attributes['db.operation.batch.size'] = command.batchSize;
  put(attributes, 'server.address', server.address);
  put(attributes, 'server.port', server.port);
  return { name: command.summary, attributes, metric: METRIC, folds: true };
}

const STATEMENTS: Readonly<Record<SqlDialect, KnownPlans<Statement>>> = {
  postgresql: statementsOf('postgresql'),
  mysql: statementsOf('mysql'),
  sqlite: statementsOf('sqlite'),
  other: statementsOf('other'),
};

/** Returns the plan of a statement, with literals removed. */
export function statementPlan(
  server: DatabaseServer,
  text: string,
  dialect: SqlDialect,
  options: DatabaseClientsConfig,
  parameters?: unknown,
): CallPlan {
  const plan = STATEMENTS[dialect].of(server, text);
  if (options.queryText !== false && options.parameters !== true) return plan;
  const { 'db.query.text': queryText, ...attributes } = plan.attributes;
  if (options.queryText !== false) put(attributes, 'db.query.text', queryText);
  if (options.parameters === true) putParameters(attributes, parameters);
  return { ...plan, attributes };
}

function statementsOf(dialect: SqlDialect): KnownPlans<Statement> {
  return new KnownPlans(
    (text) => readStatement(text, dialect),
    (server, { text, operation, collection, summary }) => {
      const isCall = operation === 'CALL';
      const plan = commandPlan(server, {
        summary,
        operation: operation ?? summary,
        collection: isCall ? undefined : collection,
        text,
      });
      const attributes: Attributes = { ...plan.attributes, 'db.query.summary': summary };
      if (isCall) put(attributes, 'db.stored_procedure.name', collection);
      return { ...plan, attributes };
    },
  );
}

/** Ends a call with its result or its error. */
export function endDatabaseCall(call: ClientCall, error: unknown, returnedRows?: number): void {
  if (error !== undefined && error !== null) {
    const read = databaseFailure(error, call.text('db.query.text'));
    // Scripts write their own error messages.
    const failure = /^(EVAL|FCALL)/.test(call.text('db.operation.name'))
      ? { ...read, message: undefined }
      : read;
    call.set({ ...(failure.status === undefined ? {} : { 'db.response.status_code': failure.status }) });
    call.end(failure);
    return;
  }
  if (returnedRows !== undefined) call.set({ 'db.response.returned_rows': returnedRows });
  call.end();
}

/** Records that a pool gave no connection, so that a statement failed before it was sent. */
export function recordUnconnected(
  source: { readonly name: string; readonly library: ClientLibrary },
  server: DatabaseServer,
  error: unknown,
  waitedMillis: number,
  context: FlowContext,
): void {
  const plan = commandPlan(server, { summary: 'connect', operation: 'connect' });
  const call = beginCall(source, () => ({ ...plan, folds: false }), context);
  if (call === undefined) return;
  call.set({ 'db.client.connection.wait_time': waitedMillis / 1000 });
  endDatabaseCall(call, error);
}

interface DatabaseFailure extends CallFailure {
  readonly status?: string | undefined;
}

/** Reads a driver's error: its SQLSTATE, else its own code, else its name. */
function databaseFailure(error: unknown, text: string): DatabaseFailure {
  const { code, sqlState, severity, name, message } = Object(error) as Record<string, unknown>;
  const words = typeof code === 'string' && code !== '' ? code : undefined;
  const isSqlState = (severity !== undefined || /\d/.test(words ?? '')) && /^[0-9A-Z]{5}$/.test(words ?? '');
  const isName = /^(ER_|SQLITE_|WRONGTYPE|NOAUTH)/.test(words ?? '');
  const status =
    typeof sqlState === 'string'
      ? sqlState
      : isSqlState || isName
        ? words
        : typeof code === 'number'
          ? String(code)
          : undefined;
  const type = words ?? status ?? redisCode(message) ?? nameOf(error, name, message);
  return { type, status: status ?? redisCode(message), message: safeMessage(message, text) };
}

/**
 * Returns an error's name. Some drivers only name the classes of their errors, and some time out with a
 * plain error.
 */
function nameOf(error: unknown, name: unknown, message: unknown): string {
  const known = name === 'Error' ? (error as Error).constructor.name : name;
  if (typeof known === 'string' && known !== '' && known !== 'Error') return known;
  return isTimeout(message) ? 'timeout' : '_OTHER';
}

/** Whether an error's message names a time limit. */
export function isTimeout(message: unknown): boolean {
  return typeof message === 'string' && /\btime(?:d |-)?out\b/i.test(message);
}

/** Returns the word in capitals that begins a Redis error. */
function redisCode(message: unknown): string | undefined {
  return typeof message === 'string' ? /^([A-Z]{3,20}) /.exec(message)?.[1] : undefined;
}

/** Matches quotes, but not apostrophes inside words. */
const QUOTES = /(?<!\w)'|'(?!\w)|["`]/;

/**
 * Removes values from a database's error message. If a quoted part does not occur in the statement without
 * its literals, everything from the first to the last quote is removed, since a value may itself contain
 * quotes.
 */
function safeMessage(message: unknown, text: string): string | undefined {
  if (typeof message !== 'string') return undefined;
  const parts = message.slice(0, 500).split(QUOTES);
  const isCut = message.length > 500 || parts.length % 2 === 0;
  const names = new Set([/[^\w$-]+/, /[^\w.$-]+/].flatMap((between) => text.split(between)));
  const areNames = parts.every((part, index) => index % 2 === 0 || names.has(part));
  const safe =
    parts.length === 1 || (areNames && !isCut)
      ? message.slice(0, 500)
      : `${parts[0] ?? ''}?${isCut ? '' : (parts.at(-1) ?? '')}`;
  // SQLite reads a string in double quotes as a column first.
  return safe
    .replace(/^(no such column: )(\S+)/, (all, start: string, name: string) =>
      names.has(name) ? all : `${start}?`,
    )
    .replace(/\b\d+(?:\.\d+)?\b/g, '?');
}

function putParameters(attributes: Attributes, parameters: unknown): void {
  if (typeof parameters !== 'object' || parameters === null) return;
  for (const [key, value] of Object.entries(parameters).slice(0, MAX_PARAMETERS)) {
    attributes[`db.query.parameter.${key}`] = String(value).slice(0, MAX_PARAMETER_LENGTH);
  }
}

function put(attributes: Attributes, key: string, value: AttributeValue | undefined): void {
  if (value !== undefined && value !== '') attributes[key] = value;
}
