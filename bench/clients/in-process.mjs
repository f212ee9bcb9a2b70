// Connections whose server is in this process: what the kernel and a data base do is left out.
import { Duplex } from 'node:stream';

/** Answers in the next turn of the event loop, to everything that came in this one. */
class Connection extends Duplex {
  answers = [];
  /** @param {(chunk: Buffer) => Buffer[]} reply */
  constructor(reply) {
    super();
    this.reply = reply;
  }
  _read() {}
  _write(chunk, _encoding, done) {
    const { answers } = this;
    if (answers.length === 0) setImmediate(() => this.push(Buffer.concat(answers.splice(0))));
    answers.push(...this.reply(chunk));
    done();
  }
  connect() {
    setImmediate(() => this.emit('connect'));
    return this;
  }
  setNoDelay() {}
  setKeepAlive() {}
  setTimeout() {}
  ref() {}
  unref() {}
}

const VALUE = Buffer.from('$5\r\nvalue\r\n');

/** For the option `Connector` of ioredis. */
export class RedisConnector {
  connect() {
    return Promise.resolve(new Connection(() => [VALUE]));
  }
  disconnect() {}
  check() {
    return true;
  }
}

const message = (type, ...parts) => {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int16 = (...values) => Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 255])));
const int32 = (...values) => {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => buffer.writeInt32BE(value, 4 * index));
  return buffer;
};
const text = (value) => Buffer.from(`${value}\0`);
const READY = message('Z', Buffer.from('I'));
const LOGGED_IN = Buffer.concat([message('R', int32(0)), READY]);
const ROW = Buffer.concat([
  message('1'),
  message('2'),
  message('T', int16(1), text('id'), int32(0), int16(0), int32(23), int16(4), int32(-1), int16(0)),
  message('D', int16(1), int32(1), Buffer.from('1')),
  message('C', text('SELECT 1')),
  READY,
]);

/** For the option `stream` of pg. */
export function postgresStream() {
  let begun = false;
  return new Connection((chunk) => {
    if (!begun) {
      begun = true;
      return [LOGGED_IN];
    }
    const answers = [];
    for (let at = 0; at < chunk.length; at += 1 + chunk.readInt32BE(at + 1)) {
      if (chunk[at] === 0x53) answers.push(ROW);
    }
    return answers;
  });
}
