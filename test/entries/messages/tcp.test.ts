import { Transport } from '@nestjs/microservices';
import { freePort } from '../../support/free-port.js';
import { describeTransport, nobodyTold } from './transport-suite.js';

const port = await freePort();

describeTransport({
  name: 'TCP',
  options: () => ({ transport: Transport.TCP, options: { port, host: '127.0.0.1' } }),
  sender: { 'server.address': '127.0.0.1', 'server.port': port },
  received: () => ({}),
  tellsOfDeath: true,
  nobody: nobodyTold,
});
