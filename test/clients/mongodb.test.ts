import { MongoClient, type Db } from 'mongodb';
import mongoose from 'mongoose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MongoServer } from '../support/mongo-server.js';
import { PLAIN_SPAN, type SpanShape } from '../support/span-shape.js';
import { MeterManager } from '../../src/index.js';
import { callsDuring, callsOf, startCallingApp } from './calling-app.js';

async function connect(): Promise<{ server: MongoServer; client: MongoClient; db: Db }> {
  const server = await MongoServer.start();
  const client = new MongoClient(server.url);
  onTestFinished(() => client.close());
  return { server, client, db: client.db() };
}

function span(
  server: MongoServer,
  summary: string,
  text: string | undefined,
  attributes: SpanShape['attributes'] = {},
): SpanShape {
  const [operation = '', collection] = summary.split(' ');
  return {
    ...PLAIN_SPAN,
    name: summary,
    kind: 'CLIENT',
    attributes: {
      'db.system.name': 'mongodb',
      'db.operation.name': operation,
      ...(collection !== undefined && { 'db.collection.name': collection, 'db.query.summary': summary }),
      'db.namespace': 'shop',
      ...(text !== undefined && { 'db.query.text': text }),
      'server.address': '127.0.0.1',
      'server.port': server.port,
      ...attributes,
    },
  };
}

describe('mongodb', () => {
  it('measures commands', async () => {
    const { server, db } = await connect();
    const app = await startCallingApp(() => db.collection('orders').find().toArray(), {
      metrics: { readers: [{ type: 'prometheus' }] },
    });
    await callsOf(app);
    const page = await app.app.get(MeterManager).scrape();
    const [, labels, count] = /^db_client_operation_duration_count\{(.*)\} (\d+)$/m.exec(page)!;
    expect([labels!.replace(/,?otel_scope_\w+="[^"]*"/g, ''), count]).toEqual([
      'db_system_name="mongodb",db_operation_name="find",db_collection_name="orders",' +
        `db_namespace="shop",server_address="127.0.0.1",server_port="${server.port}"`,
      '1',
    ]);
  });

  it('records commands with their collection, without values', async () => {
    const { server, db } = await connect();
    const orders = db.collection<{ _id: number; customer: string }>('orders');
    const calls = await callsDuring(async () => {
      await orders.insertMany([
        { _id: 1, customer: 'secret' },
        { _id: 2, customer: 'other' },
      ]);
      await orders.find({ customer: 'secret', _id: { $in: [1, 2] } }).toArray();
      await orders.updateOne({ _id: 1 }, { $set: { customer: 'secret' } });
      await db.admin().ping();
    });
    expect(calls).toEqual([
      span(
        server,
        'insert orders',
        '{"insert":"orders","documents":[{"_id":"?","customer":"?"}],"ordered":"?"}',
      ),
      span(server, 'find orders', '{"find":"orders","filter":{"customer":"?","_id":{"$in":["?"]}}}', {
        'db.response.returned_rows': 0,
      }),
      span(
        server,
        'update orders',
        '{"update":"orders","updates":[{"q":{"_id":"?"},"u":{"$set":{"customer":"?"}}}],"ordered":"?"}',
      ),
    ]);
  });

  it('records each batch of a cursor, in the flow that asks for it', async () => {
    const { server, db } = await connect();
    const items = db.collection('items');
    await items.insertMany(Array.from({ length: 5 }, (_, index) => ({ index })));
    const calls = await callsDuring(async () => {
      for await (const _item of items.find({}, { batchSize: 3 }));
    });
    expect(calls).toEqual([
      span(server, 'find items', '{"find":"items","filter":{},"batchSize":"?"}', {
        'db.response.returned_rows': 3,
      }),
      span(server, 'getMore items', '{"getMore":"?","collection":"items","batchSize":"?"}', {
        'db.response.returned_rows': 2,
      }),
    ]);
  });

  it('records errors by their code, those of single writes included, without values', async () => {
    const { server, db } = await connect();
    const orders = db.collection<{ _id: string }>('orders');
    await orders.insertOne({ _id: 'secret' });
    const calls = await callsDuring(async () => {
      await expect(orders.insertOne({ _id: 'secret' })).rejects.toThrow('E11000');
      await expect(db.command({ unheard: 'of' })).rejects.toThrow('no such command');
    });
    expect(calls).toEqual([
      {
        ...span(server, 'insert orders', '{"insert":"orders","documents":[{"_id":"?"}],"ordered":"?"}', {
          'db.response.status_code': '11000',
          'error.type': '11000',
        }),
        status: {
          code: 'ERROR',
          message: 'E11000 duplicate key error collection: shop.orders index: _id_ dup key: { _id: ? }',
        },
      },
      {
        ...span(server, 'unheard of', '{"unheard":"of"}', {
          'db.response.status_code': '59',
          'error.type': '59',
        }),
        status: { code: 'ERROR', message: "no such command: 'unheard'" },
      },
    ]);
  });

  it('records the commands of a transaction', async () => {
    const { client, db } = await connect();
    const calls = await callsDuring(() =>
      client.withSession((session) =>
        session.withTransaction(() => db.collection('orders').insertOne({ total: 1 }, { session })),
      ),
    );
    expect(calls.map(({ name }) => name)).toEqual(['insert orders', 'commitTransaction']);
  });

  it('leaves no subscriber and no wrapped method behind', async () => {
    const { client } = await connect();
    const { connect: before } = MongoClient.prototype;
    const app = await startCallingApp(() => client.connect());
    expect(MongoClient.prototype.connect).not.toBe(before);
    await app.close();
    expect(MongoClient.prototype.connect).toBe(before);
  });

  it('leaves values and shapes out where the text is not asked for', async () => {
    const { server, db } = await connect();
    const calls = await callsDuring(() => db.collection('orders').findOne({ total: 1 }), {
      clients: { mongodb: { queryText: false } },
    });
    expect(calls).toEqual([span(server, 'find orders', undefined, { 'db.response.returned_rows': 0 })]);
  });

  it('keeps 200 requests at once apart, on a pool that is too small', async () => {
    const server = await MongoServer.start();
    const client = new MongoClient(server.url, { maxPoolSize: 2 });
    onTestFinished(() => client.close());
    let last = 0;
    const app = await startCallingApp(() => {
      const name = `orders${(last += 1)}`;
      return Promise.all([
        client.db().collection(name).insertOne({}),
        client.db().collection(name).find().toArray(),
      ]);
    });
    await Promise.all(Array.from({ length: 200 }, () => app.get('/call')));
    const collections = new Map<string, Set<unknown>>();
    for (const { kind, parentSpanContext, attributes } of app.recorder.spans()) {
      if (kind !== 2) continue;
      const parent = parentSpanContext?.spanId ?? '';
      collections.set(parent, (collections.get(parent) ?? new Set()).add(attributes['db.collection.name']));
    }
    expect(collections.size).toBe(200);
    expect([...collections.values()].filter(({ size }) => size !== 1)).toEqual([]);
    expect(app.recorder.spans().filter(({ kind }) => kind === 2)).toHaveLength(400);
  });
});

describe('mongoose', () => {
  it('records its operations, and not the commands that they are made of', async () => {
    const server = await MongoServer.start();
    const connection = mongoose.createConnection(server.url);
    onTestFinished(() => connection.close());
    const Order = connection.model('Order', new mongoose.Schema({ customer: String }));
    await connection.asPromise();
    const calls = await callsDuring(async () => {
      await new Order({ customer: 'secret' }).save();
      await Order.find({ customer: 'secret' });
      await Order.aggregate([{ $match: { customer: 'secret' } }]);
    });
    expect(calls).toEqual([
      span(
        server,
        'save orders',
        '{"insert":"orders","documents":[{"customer":"?","_id":"?","__v":"?"}],"ordered":"?"}',
      ),
      span(server, 'find orders', '{"find":"orders","filter":{"customer":"?"}}', {
        'db.response.returned_rows': 1,
      }),
      span(
        server,
        'aggregate orders',
        '{"aggregate":"orders","pipeline":[{"$match":{"customer":"?"}}],"cursor":{}}',
        { 'db.response.returned_rows': 1 },
      ),
    ]);
  });

  it('records both where both are asked for', async () => {
    const server = await MongoServer.start();
    const connection = mongoose.createConnection(server.url);
    onTestFinished(() => connection.close());
    const Order = connection.model('Order', new mongoose.Schema({ customer: String }));
    await connection.asPromise();
    const app = await startCallingApp(() => Order.findOne(), { clients: { nested: 'both' } });
    await app.get('/call');
    const outer = await app.recorder.waitFor('findOne orders');
    expect(app.recorder.span('find orders').parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
  });
});
