// A thousand clients of event streams, in a process of their own. Their first message says where the server
// is and what each client does.
import { connect } from 'node:net';

/** Connection attempts at a time, well below a listening socket's backlog. */
const CONNECTING_AT_A_TIME = 50;
const END_OF_BODY = '\r\n0\r\n\r\n';
const MARK = 'data: ';

let connecting = 0;
let port;
/** @type {{ id: number, path: string, traceparent: string, leaveAfter?: number }[]} */
let waiting = [];

function next() {
  while (connecting < CONNECTING_AT_A_TIME && waiting.length > 0) {
    connecting++;
    start(waiting.shift());
  }
}

function start({ id, path, traceparent, leaveAfter }) {
  const socket = connect(port, '127.0.0.1');
  let events = 0;
  let tail = '';
  let ended = false;
  socket.setEncoding('latin1');
  socket.on('connect', () => {
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\ntraceparent: ${traceparent}\r\n\r\n`);
  });
  socket.once('data', () => {
    connecting--;
    next();
  });
  socket.on('data', (text) => {
    const joined = tail + text;
    for (
      let at = joined.indexOf(MARK, Math.max(0, tail.length - MARK.length + 1));
      at !== -1;
      at = joined.indexOf(MARK, at + 1)
    )
      events++;
    tail = joined.slice(-END_OF_BODY.length);
    if (leaveAfter !== undefined && events >= leaveAfter) socket.destroy();
    ended ||= tail === END_OF_BODY;
    if (ended) socket.end();
  });
  socket.on('error', () => {});
  socket.on('close', () => process.send({ id, events, ended }));
}

process.once('message', (work) => {
  port = work.port;
  waiting = work.clients;
  next();
});
process.on('disconnect', () => process.exit());
