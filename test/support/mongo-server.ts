import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { BSON, Long } from 'mongodb';
import { onTestFinished } from 'vitest';

type Document = Record<string, unknown>;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

/**
 * Speaks as much of MongoDB's wire protocol as `mongodb` and `mongoose` need: documents by equal fields,
 * cursors, transactions that are taken for granted, and errors.
 *
 * @see {@link https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ | Wire protocol}
 */
export class MongoServer {
  private readonly collections = new Map<string, Document[]>();
  private readonly cursors = new Map<string, Document[]>();
  private lastCursor = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<MongoServer> {
    const server = createServer();
    const mongo = new MongoServer(server);
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket.on('error', () => {}));
      mongo.serve(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return mongo;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  get url(): string {
    return `mongodb://127.0.0.1:${this.port}/shop?directConnection=true`;
  }

  private serve(socket: Socket): void {
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 16 && pending.length >= pending.readInt32LE(0)) {
        const length = pending.readInt32LE(0);
        const message = pending.subarray(0, length);
        pending = pending.subarray(length);
        const reply = encode(message, this.answer(commandIn(message)));
        setImmediate(() => socket.write(reply));
      }
    });
  }

  private answer(command: Document): Document {
    const [name = ''] = Object.keys(command);
    const collection = String(command[name]);
    switch (name.toLowerCase()) {
      case 'hello':
      case 'ismaster':
        return this.hello();
      case 'ping':
      case 'endsessions':
      case 'killcursors':
      case 'committransaction':
      case 'aborttransaction':
        return { ok: 1 };
      case 'insert':
        return this.insert(collection, command['documents'] as Document[]);
      case 'find': {
        const { filter = {}, limit = 0 } = command as { filter?: Document; limit?: number };
        const found = this.documents(collection).filter((document) => matches(document, filter));
        return this.cursor(
          `shop.${collection}`,
          limit > 0 ? found.slice(0, limit) : found,
          command['batchSize'],
        );
      }
      case 'getmore':
        return this.getMore(command);
      case 'aggregate':
        return this.cursor(`shop.${collection}`, this.documents(collection), undefined);
      case 'update':
        return { ok: 1, n: 1, nModified: 1 };
      case 'delete':
        return { ok: 1, n: 1 };
      default:
        return { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: `no such command: '${name}'` };
    }
  }

  /** The only member of a replica set, as transactions want it. */
  private hello(): Document {
    const me = `127.0.0.1:${this.port}`;
    return {
      ok: 1,
      helloOk: true,
      isWritablePrimary: true,
      ismaster: true,
      setName: 'rs0',
      setVersion: 1,
      hosts: [me],
      me,
      primary: me,
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      logicalSessionTimeoutMinutes: 30,
      minWireVersion: 0,
      maxWireVersion: 25,
    };
  }

  private insert(collection: string, documents: readonly Document[]): Document {
    const stored = this.documents(collection);
    for (const [index, document] of documents.entries()) {
      if (stored.some(({ _id }) => String(_id) === String(document['_id']))) {
        const key = `{ _id: "${String(document['_id'])}" }`;
        const errmsg = `E11000 duplicate key error collection: shop.${collection} index: _id_ dup key: ${key}`;
        return { ok: 1, n: index, writeErrors: [{ index, code: 11000, errmsg }] };
      }
      stored.push(document);
    }
    return { ok: 1, n: documents.length };
  }

  private documents(collection: string): Document[] {
    const known = this.collections.get(collection) ?? [];
    this.collections.set(collection, known);
    return known;
  }

  private cursor(ns: string, documents: readonly Document[], batchSize: unknown): Document {
    const size = typeof batchSize === 'number' && batchSize > 0 ? batchSize : documents.length;
    const rest = documents.slice(size);
    const id = rest.length === 0 ? 0 : (this.lastCursor += 1);
    if (id > 0) this.cursors.set(String(id), rest);
    return { ok: 1, cursor: { ns, id: Long.fromNumber(id), firstBatch: documents.slice(0, size) } };
  }

  private getMore(command: Document): Document {
    const id = String(command['getMore']);
    const size = Number(command['batchSize'] ?? 1000);
    const rest = this.cursors.get(id) ?? [];
    this.cursors.set(id, rest.slice(size));
    const next = rest.length > size ? Number(id) : 0;
    const ns = `shop.${String(command['collection'])}`;
    return { ok: 1, cursor: { ns, id: Long.fromNumber(next), nextBatch: rest.slice(0, size) } };
  }
}

function matches(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([key, value]) => String(document[key]) === String(value));
}

/** The command of a message, with the documents that came in sections of their own. */
function commandIn(message: Buffer): Document {
  if (message.readInt32LE(12) === OP_QUERY) {
    const nameEnd = message.indexOf(0, 20);
    return BSON.deserialize(message.subarray(nameEnd + 9));
  }
  let command: Document = {};
  for (let at = 20; at < message.length;) {
    const kind = message.readUInt8(at);
    const size = message.readInt32LE(at + 1);
    const section = message.subarray(at + 1, at + 1 + size);
    if (kind === 0) command = { ...BSON.deserialize(section), ...command };
    else {
      const nameEnd = section.indexOf(0, 4);
      command = {
        ...command,
        [section.toString('utf8', 4, nameEnd)]: sequence(section.subarray(nameEnd + 1)),
      };
    }
    at += 1 + size;
  }
  return command;
}

function sequence(section: Buffer): Document[] {
  const documents: Document[] = [];
  for (let at = 0; at < section.length; at += section.readInt32LE(at))
    documents.push(BSON.deserialize(section.subarray(at, at + section.readInt32LE(at))));
  return documents;
}

function encode(request: Buffer, document: Document): Buffer {
  const body = Buffer.from(BSON.serialize(document));
  const isQuery = request.readInt32LE(12) === OP_QUERY;
  const head = Buffer.alloc(isQuery ? 36 : 21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(request.readInt32LE(4), 8);
  head.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12);
  if (isQuery) head.writeInt32LE(1, 32);
  return Buffer.concat([head, body]);
}
