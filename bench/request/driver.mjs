// Sends bursts over keep-alive connections, one request at a time on each, and reads the answers with as
// little work as possible.
import { connect } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** @returns {Promise<void>} when all requests are answered with 200 */
async function burst({ port, requests, connections }) {
  let unsent = requests;
  const text = Buffer.from(
    `GET /orders/42 HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: nestjs-telemetry-bench\r\naccept: */*\r\n\r\n`,
  );
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise((resolve, reject) => {
          const socket = connect(port, '127.0.0.1');
          let buffered = Buffer.alloc(0);
          const send = () => {
            if (unsent === 0) socket.end(resolve);
            else {
              unsent--;
              socket.write(text);
            }
          };
          socket.setNoDelay(true);
          socket.on('error', reject);
          socket.on('connect', send);
          socket.on('close', () => reject(new Error('the server closed a connection')));
          socket.on('data', (chunk) => {
            buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
            const head = buffered.indexOf(END_OF_HEAD);
            if (head === -1) return;
            const lines = buffered.latin1Slice(0, head);
            if (!lines.startsWith('HTTP/1.1 200 ')) {
              reject(new Error(`expected 200, got ${lines.slice(0, 40)}`));
              return;
            }
            const length = Number(/\r\ncontent-length: (\d+)/i.exec(lines)?.[1]);
            if (buffered.length < head + 4 + length) return;
            buffered = Buffer.alloc(0);
            send();
          });
        }),
    ),
  );
}

process.on('message', async ({ id, ask }) => {
  try {
    await burst(ask);
    process.send({ id });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());
