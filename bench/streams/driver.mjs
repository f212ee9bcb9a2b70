// Reads event streams over raw sockets with as little work as possible.
import { connect } from 'node:net';

const MARK = Buffer.from('data: ');
const END_OF_BODY = Buffer.from('\r\n0\r\n\r\n');
/** Connection attempts at a time, well below a listening socket's backlog. */
const CONNECTING_AT_A_TIME = 100;

let idle = [];

/** Opens a stream; calls back with each piece. */
function openStream(port, path, onData) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.once('data', () => resolve(socket));
    if (onData) socket.on('data', onData.bind(undefined, socket));
    socket.on('connect', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\n\r\n`),
    );
  });
}

/** Resolves with the number of events read, once all streams have ended. */
async function finite({ port, streams, events }) {
  let read = 0;
  await Promise.all(
    Array.from(
      { length: streams },
      () =>
        new Promise((resolve, reject) => {
          let tail = Buffer.alloc(0);
          openStream(port, `/feed/finite/${events}`, (socket, chunk) => {
            // A mark that was cut in two counts once.
            const text = Buffer.concat([tail, chunk]);
            const fresh = Math.max(0, tail.length - MARK.length + 1);
            for (let at = text.indexOf(MARK, fresh); at !== -1; at = text.indexOf(MARK, at + 1)) read++;
            tail = text.subarray(-END_OF_BODY.length);
            if (!tail.equals(END_OF_BODY)) return;
            socket.destroy();
            resolve();
          }).catch(reject);
        }),
    ),
  );
  return read;
}

async function openIdle({ port, streams }) {
  while (idle.length < streams) {
    const group = Math.min(CONNECTING_AT_A_TIME, streams - idle.length);
    idle.push(...(await Promise.all(Array.from({ length: group }, () => openStream(port, '/feed/idle')))));
  }
}

async function closeIdle() {
  for (const socket of idle) socket.destroy();
  idle = [];
}

const work = { finite, openIdle, closeIdle };

process.on('message', async ({ id, ask }) => {
  try {
    process.send({ id, answer: await work[ask.kind](ask) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());
