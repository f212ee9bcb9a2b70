// Hands requests to a server without a network, so that nothing but the way of a request through the app is
// counted.
import { createRequire } from 'node:module';
import { Socket } from 'node:net';

// Not the ES module: instrumentation patches this one.
const http = createRequire(import.meta.url)('node:http');

/** A connection that swallows what is written to it. */
class Connection extends Socket {
  get remoteAddress() {
    return '127.0.0.1';
  }
  _read() {}
  _writev(_chunks, done) {
    done();
  }
  _write(_chunk, _encoding, done) {
    done();
  }
}

/** @returns {Promise<{ status: number, body: string }>} when the response is finished */
export function handOver(server, url, headers) {
  return new Promise((resolve) => {
    const socket = new Connection();
    const request = new http.IncomingMessage(socket);
    request.method = 'GET';
    request.url = url;
    request.httpVersion = '1.1';
    request.httpVersionMajor = 1;
    request.httpVersionMinor = 1;
    request.headers = headers;
    request.rawHeaders = Object.entries(headers).flat();
    request.push(null);
    const response = new http.ServerResponse(request);
    response.assignSocket(socket);
    response.on('finish', () => {
      response.detachSocket(socket);
      response.emit('close');
      resolve(response.statusCode);
    });
    server.emit('request', request, response);
  });
}
