import { WebSocket } from 'ws';

// npm run follow -w sample-app -- ws://localhost:3000 42
const [url = 'ws://localhost:3000', orderId = '42'] = process.argv.slice(2);
const socket = new WebSocket(url);
socket.on('open', () => socket.send(JSON.stringify({ event: 'follow', data: orderId })));
socket.on('message', (message: Buffer) => {
  const answer = message.toString();
  console.log(answer);
  if (answer.includes('on its way')) socket.close();
});
