import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';

/** A foreign service: remembers the headers of every request, and answers with the path. */
export interface EchoServer {
  readonly url: string;
  readonly port: number;
  readonly received: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
}

export async function startEchoServer(host = '127.0.0.1'): Promise<EchoServer> {
  const received: EchoServer['received'] = [];
  const server = createServer((request, response) => {
    received.push({ path: request.url ?? '', headers: request.headers });
    if (request.url === '/redirect') response.writeHead(302, { location: '/landed' });
    response.end(request.url);
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { url: `http://${host}:${port}`, port, received };
}
