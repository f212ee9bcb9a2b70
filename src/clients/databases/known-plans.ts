import type { CallPlan } from '../client-call.js';
import type { DatabaseServer } from './database-server.js';

/** The longest cached text, in characters; longer ones rarely repeat. */
const MAX_TEXT = 4096;
const MAX_KNOWN = 500;

interface Known<T> {
  readonly reading: T;
  server?: DatabaseServer;
  plan?: CallPlan;
}

/** Caches the plans of repeated statements and commands, each for the server that it was last sent to. */
export class KnownPlans<T> {
  private readonly known = new Map<string, Known<T>>();

  constructor(
    private readonly read: (text: string) => T,
    private readonly plan: (server: DatabaseServer, reading: T) => CallPlan,
  ) {}

  of(server: DatabaseServer, text: string): CallPlan {
    let known = this.known.get(text);
    if (known === undefined) {
      known = { reading: this.read(text) };
      if (text.length <= MAX_TEXT) {
        if (this.known.size >= MAX_KNOWN) this.known.clear();
        this.known.set(text, known);
      }
    }
    if (known.plan === undefined || known.server === undefined || !isSame(known.server, server)) {
      known.plan = this.plan(server, known.reading);
      known.server = server;
    }
    return known.plan;
  }
}

function isSame(one: DatabaseServer, other: DatabaseServer): boolean {
  return (
    one.address === other.address &&
    one.port === other.port &&
    one.namespace === other.namespace &&
    one.system === other.system
  );
}
