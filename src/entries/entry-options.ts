import { compilePatterns, compileSelection, type TextFilter } from '../context/name-patterns.js';

/** A kind of entry other than HTTP. */
export type EntryKind =
  'microservices' | 'queues' | 'websockets' | 'schedule' | 'events' | 'cqrs' | 'graphql';

/**
 * Selects the kinds of entries that have spans. Each is on by default and off with `false`.
 *
 * `include` and `exclude` select entries by pattern: the message pattern, queue, socket event, job name,
 * event, or class of a command. A string must match as a whole, with `*` for any characters; exclusion
 * wins. An excluded entry and all work in it create no spans.
 */
export interface EntriesOptions {
  /**
   * Handlers of `@MessagePattern`, `@EventPattern` and gRPC, and calls of `ClientProxy` and gRPC clients.
   */
  readonly microservices?:
    | false
    | { readonly include?: readonly (string | RegExp)[]; readonly exclude?: readonly (string | RegExp)[] };
  /** BullMQ jobs. */
  readonly queues?:
    | false
    | { readonly include?: readonly (string | RegExp)[]; readonly exclude?: readonly (string | RegExp)[] };
  /** Messages of WebSocket gateways. With `connections`, each connection has a span, too. */
  readonly websockets?:
    | false
    | {
        readonly connections?: boolean;
        readonly include?: readonly (string | RegExp)[];
        readonly exclude?: readonly (string | RegExp)[];
      };
  /** Ticks of `@Cron`, `@Interval`, `@Timeout` and of jobs in the `SchedulerRegistry`. */
  readonly schedule?:
    | false
    | { readonly include?: readonly (string | RegExp)[]; readonly exclude?: readonly (string | RegExp)[] };
  /** Listeners of `@OnEvent`. */
  readonly events?:
    | false
    | { readonly include?: readonly (string | RegExp)[]; readonly exclude?: readonly (string | RegExp)[] };
  /** Handlers of commands, queries and events of `@nestjs/cqrs`. */
  readonly cqrs?:
    | false
    | { readonly include?: readonly (string | RegExp)[]; readonly exclude?: readonly (string | RegExp)[] };
  /**
   * GraphQL: operation and errors on the server span, and a span for each subscription. The patterns are
   * names of subscription fields; queries and mutations are HTTP requests.
   */
  readonly graphql?:
    | boolean
    | { readonly include?: readonly (string | RegExp)[]; readonly exclude?: readonly (string | RegExp)[] };
}

/**
 * The relation of an asynchronous message's span to its sender's: a new trace with a link, or a child in
 * the same trace.
 */
export type MessageRelation = 'link' | 'parent';

/** Options of messages, jobs and events. */
export interface MessagingOptions {
  /**
   * The relation of messages without a response to their senders: for all, or by pattern
   * (`{ 'orders.*': 'parent' }`; the first match wins). Default `link`. Request–response is always
   * `parent`; repeated jobs and batches are always `link`.
   */
  readonly relation?: 'link' | 'parent' | Readonly<Record<string, 'link' | 'parent'>>;
}

/** The compiled entry options of an instance. */
export class EntryRules {
  private readonly filters = new Map<EntryKind, TextFilter | false>();
  private readonly relations: readonly (readonly [TextFilter, MessageRelation])[];

  constructor(
    private readonly options: EntriesOptions | false = {},
    { relation = 'link' }: MessagingOptions = {},
  ) {
    const byPattern = typeof relation === 'string' ? { '*': relation } : relation;
    this.relations = Object.entries(byPattern).map(([pattern, chosen]) => [
      compilePatterns([pattern]),
      chosen,
    ]);
  }

  /** Whether entries of a kind have spans. */
  traces(kind: EntryKind): boolean {
    return this.options !== false && this.options[kind] !== false;
  }

  /** Whether an entry is traced, by its pattern. */
  covers(kind: EntryKind, pattern: string): boolean {
    const filter = this.filterOf(kind);
    return filter !== false && filter(pattern);
  }

  relationOf(pattern: string): MessageRelation {
    for (const [matches, relation] of this.relations) {
      if (matches(pattern)) return relation;
    }
    return 'link';
  }

  get socketConnections(): boolean {
    return this.traces('websockets') && this.options !== false
      ? (this.options.websockets || {}).connections === true
      : false;
  }

  private filterOf(kind: EntryKind): TextFilter | false {
    let filter = this.filters.get(kind);
    if (filter === undefined) this.filters.set(kind, (filter = this.compile(kind)));
    return filter;
  }

  private compile(kind: EntryKind): TextFilter | false {
    const given = this.options === false ? false : this.options[kind];
    if (given === false) return false;
    return compileSelection(typeof given === 'object' ? given : {});
  }
}
