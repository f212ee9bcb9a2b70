import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Root } = require('protobufjs');

const root = Root.fromJSON({
  nested: {
    Duration: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
    RetryInfo: { fields: { retryDelay: { type: 'Duration', id: 1 } } },
    Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
    Status: {
      fields: {
        code: { type: 'int32', id: 1 },
        message: { type: 'string', id: 2 },
        details: { rule: 'repeated', type: 'Any', id: 3 },
      },
    },
  },
});

/** A `google.rpc.Status` with a `RetryInfo`, as a receiver sends it. */
export function rpcStatus(code: number, message: string, retryMillis?: number): Buffer {
  const details: { typeUrl: string; value: Buffer }[] = [
    { typeUrl: 'type.googleapis.com/google.rpc.Help', value: Buffer.from([10, 0]) },
  ];
  if (retryMillis !== undefined) {
    const retryDelay = { seconds: Math.floor(retryMillis / 1_000), nanos: (retryMillis % 1_000) * 1e6 };
    details.push({
      typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
      value: encode('RetryInfo', { retryDelay }),
    });
  }
  return encode('Status', { code, message, details });
}

function encode(name: string, value: object): Buffer {
  const type = root.lookupType(name);
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}
